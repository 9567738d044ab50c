"""The operator's command, ``logrouter``: against AWS and against the embedded cloud alike.

``client.py`` is the typed client of the API, usable by itself. One module a command group; ``main.py`` joins them.
"""
