"""Configuration for Vector, as data: what Vector reads, and nothing that runs in Python.

``base/`` and ``overlays/`` are the agent and its manifests; ``cloudwatch_delivery/`` is what the processor's Vector
engine starts its subprocess with.
"""
