"""The delivery records, read back from the log groups that they were written to: for whoever counts what arrived.

Nothing in the path of an object reads them: the reconciler does, on its schedule, and the operator's commands.
"""
