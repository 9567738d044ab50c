"""The delivery method ``webhook``: events by HTTPS POST to an endpoint of the customer's own."""
