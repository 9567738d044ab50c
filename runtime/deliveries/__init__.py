"""How something is delivered: one package per delivery method, the registry that finds them, the role chain.

A method sends and says what went wrong. What becomes of a failed delivery is decided in ``processor/``.
"""
