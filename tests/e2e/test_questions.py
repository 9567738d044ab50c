"""Five questions about one tenant, asked by command while its customer's role is broken, and after it is mended."""

import json
import time
from datetime import datetime

from local.loader.objects import LogObject
from tests.e2e.command import logrouter
from tests.e2e.traffic import delivered, line, object_of, outcome, records, send, until


def of_now(tenant, text):
    """An object whose name's time is now, as the agent gives it."""
    made = object_of(tenant.tenant_id, [line(text)])
    name = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    return LogObject(made.key.replace("/20261123-120000", f"/{name}"), made.body)


def asked(cloud, *words, status=0):
    """Ask for JSON, as a program does."""
    return json.loads(logrouter(cloud, *words, "--json", status=status))


def by_type(found):
    """Return the answer's destinations by their type."""
    return {each["type"]: each for each in found["destinations"]}


def test_each_is_answered_rightly_while_a_role_is_broken_and_after(cloud, new_tenant):
    """An operator would tell a customer that all is well, or ask them to change what isn't broken."""
    tenant = new_tenant()
    role = tenant.cloudwatch["log_distribution_role_arn"]
    iam, name = cloud.client("iam", tenant.account), role.rsplit("/", 1)[-1]
    trust = json.dumps(iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"])
    broken = trust.replace('"sts:ExternalId": "', '"sts:ExternalId": "another-')
    assert broken != trust
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=broken)
    since = time.time()
    send(cloud, of_now(tenant, "event"))
    outcome(cloud, tenant.tenant_id, "cloudwatch", "handed-over")
    outcome(cloud, tenant.tenant_id, "s3", "delivered")

    arrived = by_type(asked(cloud, "arrived", tenant.tenant_id, status=1))  # did the tenant's logs arrive?
    assert (arrived["cloudwatch"]["objects"], arrived["cloudwatch"]["delivered"]) == (1, 0)
    assert arrived["cloudwatch"]["missing"] == {"handed-over: second-hop-denied": 1}
    assert (arrived["s3"]["objects"], arrived["s3"]["delivered"]) == (1, 1)
    (late,) = asked(cloud, "freshness", tenant.tenant_id)["destinations"]  # how late?
    assert (late["type"], late["deliveries"], 0 <= late["p99"] < 60) == ("s3", 1, True)
    status = by_type(asked(cloud, "status", tenant.tenant_id))  # what failed, and since when?
    assert (status["s3"]["state"], status["cloudwatch"]["state"]) == ("works", "failing")
    failing_since = datetime.fromisoformat(status["cloudwatch"]["failing_since"]).timestamp()
    assert since - 1 < failing_since < time.time()
    shown = " ".join(logrouter(cloud, "status", tenant.tenant_id).split())  # what must the customer change?
    assert "second-hop-denied since" in shown
    assert "sts:AssumeRole on" in shown
    assert "customer's role must trust the central role with this ExternalId" in shown
    assert status["cloudwatch"]["failure"]["resource"] == role
    items = asked(cloud, "cost", tenant.tenant_id)["items"]  # what does the tenant cost?
    assert {item["payer"] for item in items} == {"provider", "customer"}
    assert not [item for item in items if item["what"] == "CloudWatch Logs ingestion"]  # nothing was delivered there

    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust)
    delivered(cloud, tenant, ["event"])
    until(lambda: len([one for one in records(cloud, tenant.tenant_id) if one["Outcome"] == "delivered"]) == 2, "both")
    arrived = by_type(asked(cloud, "arrived", tenant.tenant_id))
    assert (arrived["cloudwatch"]["delivered"], arrived["cloudwatch"]["missing"]) == (1, {})
    status = by_type(asked(cloud, "status", tenant.tenant_id))
    assert (status["cloudwatch"]["state"], status["cloudwatch"]["failing_since"]) == ("works", None)
    late = by_type(asked(cloud, "freshness", tenant.tenant_id))
    assert 300 <= late["cloudwatch"]["p50"] < 400  # the event was five minutes old
