"""Parked deliveries and the state of their destinations: one table, read by the API and the commands, too.

``table`` has the deliveries, ``status`` one item for each destination that says how it is and when it is tried again.
"""
