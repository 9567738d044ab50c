"""A tenant's program (contract §12): what it may be, how it is checked, and where it runs.

It runs in a worker process that can be killed, never in this one: the engine can abort a process, or never return.
"""
