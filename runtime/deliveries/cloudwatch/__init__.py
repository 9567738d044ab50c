"""CloudWatch Logs in the customer's account: what is sent there, by which engine, and what becomes of the rest.

Nothing here reads objects (``runtime/objects``) or decides about retries after this attempt (``runtime/processor``).
"""
