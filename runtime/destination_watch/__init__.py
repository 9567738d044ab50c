"""Finds, on a schedule, silent tenants and destinations that get logs late.

A function of its own. It publishes two numbers, whatever the number of tenants; its log line names them.
"""
