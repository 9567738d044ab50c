"""What is deployed together: stacks compose the constructs of ``constructs_lib/`` and connect them.

Stateful storage is apart from what runs; the central role has a stack of its own; the customer's side is one stack
with parameters. ``stages.py`` says how the stages differ; only ``app.py`` reads the environment.
"""
