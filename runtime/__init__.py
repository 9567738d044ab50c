"""What runs: the log processor, its delivery methods and the delivery-config model.

Nothing here imports ``aws_cdk``: this tree alone is packed for Lambda and for the container.
A log line meets the folders in this order: ``processor`` (a host receives the notification),
``delivery_config`` (who wants it), ``objects`` (the object is read), ``deliveries`` (it is sent).
"""
