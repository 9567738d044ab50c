"""The delivery records, read back from their log groups: to count what arrived.

Nothing in the path of an object reads them: the reconciler does, on its schedule, and the operator's commands.
"""
