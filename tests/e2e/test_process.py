"""``logrouter process`` runs this checkout's processor on one object of the deployed system."""

import json

from tests.e2e.command import logrouter
from tests.e2e.traffic import delivered, line, messages, object_of, outcome, send


def tried(cloud, *words, status=0):
    """Try an object; return the answer's deliveries by their type."""
    found = json.loads(logrouter(cloud, "process", *words, "--json", status=status))
    return {each["type"]: each for each in found["deliveries"]}


def test_one_object_is_delivered_once_more_and_only_by_the_config_that_is_named(cloud, new_tenant):
    """Whoever tries a change would see the deployed code's answer, or deliver where nobody asked for it."""
    tenant = new_tenant()
    object_ = send(cloud, object_of(tenant.tenant_id, [line("first"), line("second")]))
    delivered(cloud, tenant, ["first", "second"])
    outcome(cloud, tenant.tenant_id, "cloudwatch", "delivered")
    outcome(cloud, tenant.tenant_id, "s3", "delivered")
    copied = tried(cloud, object_.key, "--type", "s3")
    assert list(copied) == ["s3"]
    assert len(messages(cloud, tenant)) == 2
    both = tried(cloud, f"tenant_id={tenant.tenant_id}/")
    assert {type_: each["outcome"] for type_, each in both.items()} == {"cloudwatch": "delivered", "s3": "delivered"}
    assert both["cloudwatch"]["delivered_before"] == 1
    assert sorted(messages(cloud, tenant)) == ["first", "first", "second", "second"]


def test_a_delivery_that_the_customer_refuses_is_told_and_not_handed_over(cloud, new_tenant):
    """A try would go on failing in the deployed processor for a day, or its reason would be looked for in a log."""
    tenant = new_tenant(configured=False)
    role = tenant.cloudwatch["log_distribution_role_arn"].rsplit("/", 1)[-1]
    iam = cloud.client("iam", tenant.account)
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    object_ = send(cloud, object_of(tenant.tenant_id, [line("event")]))
    cloud.api().create(tenant.tenant_id, tenant.cloudwatch)
    found = tried(cloud, object_.key, status=1)["cloudwatch"]
    assert found["outcome"] == "returned"
    assert "denied" in found["reason"]
