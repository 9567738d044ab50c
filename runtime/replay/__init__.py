"""Replay and backfill: deliver again, or for the first time, what lies in the central bucket.

``selection`` says what is wanted, ``listing`` finds it by prefix, ``estimate`` says what it would come to, ``run``
sends delivery messages at a limited rate and keeps its progress in the table, so that anyone can go on with it.
"""
