"""Looks, on a schedule, for what no message tells: a tenant that has fallen silent, a destination that gets logs late.

A function of its own. What it finds is two numbers, whatever the number of tenants; who they are stands in its line.
"""
