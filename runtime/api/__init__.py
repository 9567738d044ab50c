"""The REST service over the config table: a FastAPI app, and Lambda as its host (Mangum, behind API Gateway).

``routers/`` has one module a group of endpoints; ``application.py`` joins them. Here is nothing of what a config means:
that is ``delivery_config/``, shared with the processor.
"""
