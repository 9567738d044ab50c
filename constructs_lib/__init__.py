"""Reusable CDK constructs: typed keyword-only properties, checked at construction, resources as attributes.

Nothing here reads the environment, knows a stage or imports a stack; the nouns are those of ``runtime/``.
What is deployed together is decided in ``stacks/``.

| what | modules |
|---|---|
| the data's path | ``central_log_bucket``, ``notification_topic``, ``queues``, ``tables``, ``athena_table`` |
| functions | ``pipeline_function``; ``processor``, ``resumption``, ``reconciliation``, ``destination_watch``, ``api`` |
| around the processor | ``processor_environment``, ``processor_execution_role`` |
| around the API | ``api_firewall``, ``api_responses`` |
| roles | ``central_role``, ``writer_role``, ``web_identity`` |
| configs as code | ``delivery_config_resource`` |
| a customer's account | ``customer_destinations``, ``customer_log_distribution_role`` |
| what operators see | ``operator_alarm``, ``watched_metric``, ``saved_queries``, ``tracing``, ``audit_trail`` |
| for all of them | ``limits``, ``names``, ``acknowledgement`` |
"""
