"""Alerts: a tenant's rules over copies of marked lines, and the notifications that they give (contract §13).

A copy is no log: the line itself goes its usual way, and nothing here can lose it.
"""
