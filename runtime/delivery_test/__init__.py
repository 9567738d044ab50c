"""The function that makes test deliveries: every hop with the tenant's own session, and what to add where one fails.

The API starts it with a tenant, a type and an id, and reads what it has written (``delivery_state/delivery_tests.py``).
What a method's test does is the method's own ``probe``; methods of the outside are tried by a second function, there.
"""
