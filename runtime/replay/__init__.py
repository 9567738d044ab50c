"""Replay and backfill: deliver again, or for the first time, objects of the central bucket.

``selection`` says what is wanted, ``listing`` finds it by prefix, ``estimate`` says how much it would be, ``run``
sends delivery messages at a limited rate and keeps its progress in the table, so that anyone can go on with it.
"""
