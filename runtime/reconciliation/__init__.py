"""Completeness: finds objects in the bucket without a notification, and hands them over.

A function of its own, on a schedule, in each Region. ``hours`` lists by prefix and hour, ``tally`` compares by counts
first, ``reconciler`` names the objects where counts differ and sends what is missing to the object queue.
"""
