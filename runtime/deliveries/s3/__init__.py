"""Delivery into a customer's bucket by server-side copy: the object's bytes never pass through the processor."""
