"""Configuration for Vector, as data: what Vector reads, and nothing that runs in Python.

``cloudwatch_delivery/`` is what the processor's Vector engine starts its subprocess with.
"""
