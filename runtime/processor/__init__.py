"""The processor: hosts (Lambda, SQS poller, stdin) around one pipeline, and what becomes of a delivery that failed.

A host receives queue messages and settles them. ``pipeline`` decides the outcome of each object and each delivery.
How something is delivered lives under ``deliveries/``, who wants it under ``delivery_config/``.
"""
