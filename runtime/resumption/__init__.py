"""Resumes parked deliveries automatically, and runs replays: a function separate from the processor.

A change of a delivery config (DynamoDB stream) and a schedule start it. It delivers nothing itself: it hands over to
the delivery queue, so it needs no right to any destination, nor to read any object.
"""
