"""One reusable construct a file: typed keyword-only properties, checked at construction, resources as attributes.

Nothing here reads the environment, knows a stage or imports a stack; the nouns are those of ``runtime/``.
What is deployed together is decided in ``stacks/``.
"""
