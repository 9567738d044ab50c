"""`environment.json`, on which scripts rely."""

import json

from local.deployment.environment_file import LocalEnvironment, TenantDestinations

FIELDS = {
    "endpoint_url", "region", "central_account", "customer_accounts", "central_bucket", "object_queue_url",
    "object_dlq_url", "delivery_queue_url", "delivery_dlq_url", "tenant_config_table", "api_url",
    "central_log_distribution_role_arn", "processor_function_name", "tenants",
    "outside_queue_url",
}  # fmt: skip


def environment() -> LocalEnvironment:
    """Return one with each text field named after itself."""
    tenant = TenantDestinations("group", "arn:aws:iam::222222222222:role/name", "bucket", "prefix/")
    texts = {name: name for name in FIELDS - {"customer_accounts", "tenants"}}
    return LocalEnvironment(**texts, customer_accounts=["222222222222"], tenants={"acme": tenant})


def test_the_file_has_the_contracts_fields(tmp_path):
    """A script that reads `build/local/environment.json` would miss a field."""
    content = json.loads(environment().save(tmp_path).read_text())
    assert set(content) == FIELDS
    assert content["tenants"]["acme"] == {
        "log_group_name": "group",
        "log_distribution_role_arn": "arn:aws:iam::222222222222:role/name",
        "bucket_name": "bucket",
        "bucket_prefix": "prefix/",
    }


def test_what_is_saved_is_loaded(tmp_path):
    """`watch` and `status` would look in other places than `up` deployed to."""
    environment().save(tmp_path)
    assert LocalEnvironment.load(tmp_path) == environment()
    assert environment().tenants["acme"].account == "222222222222"
