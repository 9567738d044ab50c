"""Onboardings that are broken in one place: the test names the step and the fix, and the pasted fix works.

By the deployed API, tester and roles, with IAM enforced. What the embedded cloud doesn't enforce (KMS, disabled ACLs, a
bucket's Region) is in `tests/unit/runtime/delivery_test/test_fixes.py`, with AWS' documented answers.
"""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ministack_fidelity.identities import document, unique
from runtime.deliveries.webhook.signatures import challenge_answer
from runtime.endpoints.secret import Secret
from tests.e2e.cloud import ACME, CENTRAL
from tests.e2e.tenants import put_configs
from tests.e2e.traffic import until
from tests.onboarding_page import as_documented

SECRET = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="


def tried(cloud, tenant_id, type_):
    """Make a test by the API; return it with its result."""
    api = cloud.api()
    test = api.start_test(tenant_id, type_)
    ended = []

    def has_ended():
        ended[:] = [api.test(tenant_id, type_, test.id)]
        return ended[0].state not in ("queued", "running")

    until(has_ended, "the test's end")
    return ended[0]


def documented(what, step, fix):
    """Say that docs/onboarding.md has it so."""
    as_documented(what, step.name, step.reason, fix.side, fix.place)


def failed(test):
    """Return the one step that isn't as it should be."""
    (step,) = [step for step in test.steps if step.outcome in ("failed", "warning")]
    return step


def passes(cloud, tenant_id, type_):
    """Say that a test passes, without a warning."""
    test = tried(cloud, tenant_id, type_)
    assert {step.outcome for step in test.steps} == {"passed"}, test
    assert test.left
    return test


class Customer:
    """A customer's account, where a fix is pasted by the place that it names."""

    def __init__(self, cloud, account=ACME):
        self.cloud, self.iam, self.s3 = cloud, cloud.client("iam", account), cloud.client("s3", account)

    def paste(self, fix):
        assert fix.side == "customer"
        {
            "the role's trust policy": self._trust,
            "a policy of the role": self._role,
            "the bucket's policy": self._bucket,
        }[fix.place](fix.resource, fix.document)

    def _trust(self, role_arn, given):
        self.iam.update_assume_role_policy(RoleName=role_arn.rpartition("/")[2], PolicyDocument=document(given))

    def _role(self, role_arn, given):
        name = unique("pasted")
        self.iam.put_role_policy(RoleName=role_arn.rpartition("/")[2], PolicyName=name, PolicyDocument=document(given))

    def _bucket(self, bucket_arn, given):
        bucket = bucket_arn.rpartition(":")[2]
        policy = json.loads(self.s3.get_bucket_policy(Bucket=bucket)["Policy"])
        policy["Statement"] = [each for each in policy["Statement"] if each.get("Sid") != given["Sid"]] + [given]
        self.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


@pytest.fixture
def customer(cloud):
    return Customer(cloud)


@pytest.fixture
def acme(new_tenant):
    """A tenant whose destinations work."""
    return new_tenant(account=ACME)


def changed(cloud, tenant, type_, **fields):
    """Change a config past the API, as a mistake that it can't know."""
    put_configs(cloud, {"tenant_id": tenant.tenant_id, **tenant.configs[type_], **fields})


def role_name(tenant):
    return tenant.cloudwatch["log_distribution_role_arn"].rpartition("/")[2]


def test_what_is_onboarded_by_the_template_passes(cloud, acme):
    """Every test below would prove nothing; or a customer who did all right would be sent to search."""
    for type_ in ("cloudwatch", "s3"):
        begun = time.monotonic()
        test = passes(cloud, acme.tenant_id, type_)
        assert time.monotonic() - begun < 10
        assert f"logrouter-test/{test.id}" in test.left
    stream = {
        "logGroupName": acme.cloudwatch["log_group_name"],
        "logStreamName": tried(cloud, acme.tenant_id, "cloudwatch").left,
    }
    (event,) = cloud.client("logs", ACME).get_log_events(**stream)["events"]
    assert event["message"].startswith("A test of this delivery config")


def test_a_wrong_external_id(cloud, acme, customer):
    """1. The customer would have to guess which of three conditions of the trust fails."""
    changed(cloud, acme, "cloudwatch", external_id="issued-later")
    step = failed(tried(cloud, acme.tenant_id, "cloudwatch"))
    documented("wrong ExternalId", step, step.fixes[0])
    assert step.fixes[0].document["Condition"]["StringEquals"]["sts:ExternalId"] == "issued-later"
    customer.paste(step.fixes[0])
    passes(cloud, acme.tenant_id, "cloudwatch")


@pytest.mark.parametrize("type_", ["cloudwatch", "s3"])
def test_a_missing_tag_condition(cloud, acme, customer, type_):
    """2. Any other tenant's config could name the role or the bucket."""
    passes(cloud, acme.tenant_id, type_)
    central = cloud.environment.central_log_distribution_role_arn
    open_to_all = {"Sid": "AllowLogDelivery", "Effect": "Allow", "Principal": {"AWS": central}}
    if type_ == "cloudwatch":
        role = acme.cloudwatch["log_distribution_role_arn"]
        by_id = {"StringEquals": {"sts:ExternalId": acme.cloudwatch["external_id"]}}
        customer._trust(role, {**open_to_all, "Action": "sts:AssumeRole", "Condition": by_id})
    else:
        bucket = f"arn:aws:s3:::{acme.s3['bucket_name']}"
        customer._bucket(bucket, {**open_to_all, "Action": "s3:PutObject", "Resource": f"{bucket}/*"})
    test = tried(cloud, acme.tenant_id, type_)
    step = failed(test)
    assert (test.state, step.outcome) == ("passed", "warning")
    documented("missing tag condition", step, step.fixes[0])
    customer.paste(step.fixes[0])
    passes(cloud, acme.tenant_id, type_)


def test_a_wrong_prefix(cloud, acme, customer):
    """3. S3 says "Access Denied" alone: neither the prefix nor the policy would be looked at."""
    changed(cloud, acme, "s3", bucket_prefix="elsewhere/")
    step = failed(tried(cloud, acme.tenant_id, "s3"))
    documented("wrong prefix", step, step.fixes[0])
    assert step.fixes[0].document["Resource"].endswith(f"/elsewhere/{acme.tenant_id}/*")
    customer.paste(step.fixes[0])
    passes(cloud, acme.tenant_id, "s3")


def test_a_missing_role(cloud, acme, customer):
    """6. STS answers as for a role that refuses: what the role needs would be told piece by piece, or never."""
    role = acme.cloudwatch["log_distribution_role_arn"]
    name = role_name(acme)
    for policy in customer.iam.list_role_policies(RoleName=name)["PolicyNames"]:
        customer.iam.delete_role_policy(RoleName=name, PolicyName=policy)
    customer.iam.delete_role(RoleName=name)
    step = failed(tried(cloud, acme.tenant_id, "cloudwatch"))
    documented("role missing", step, step.fixes[0])
    path = role.partition(":role")[2].removesuffix(name)
    customer.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document(step.fixes[0].document))
    step = failed(tried(cloud, acme.tenant_id, "cloudwatch"))
    assert (step.name, step.reason) == ("log-stream", "destination-denied")
    customer.paste(step.fixes[0])
    passes(cloud, acme.tenant_id, "cloudwatch")


def test_an_explicit_deny(cloud, acme, customer):
    """7. As a service control policy denies: a statement that allows more would be pasted, and change nothing."""
    deny = {"Effect": "Deny", "Action": "logs:*", "Resource": "*"}
    name = role_name(acme)
    customer.iam.put_role_policy(RoleName=name, PolicyName="guardrail", PolicyDocument=document(deny))
    step = failed(tried(cloud, acme.tenant_id, "cloudwatch"))
    (fix,) = step.fixes
    as_documented("denied by", step.name, step.reason, fix.side, "")
    assert fix.place == "the identity-based policy that denies it"
    pasted = document({**deny, **fix.document})
    customer.iam.put_role_policy(RoleName=name, PolicyName="guardrail", PolicyDocument=pasted)
    passes(cloud, acme.tenant_id, "cloudwatch")


def test_a_log_group_in_another_region(cloud, new_tenant):
    """8. The role, which is right, would be opened for a Region where nobody looks."""
    there = new_tenant(account=ACME, region="eu-west-1")
    cloud.api().patch(there.tenant_id, "cloudwatch", {"target_region": cloud.environment.region})
    step = failed(tried(cloud, there.tenant_id, "cloudwatch"))
    as_documented("log group in another", step.name, step.reason, step.fixes[1].side, "target_region")
    assert "set target_region" in step.fixes[1].text
    cloud.api().patch(there.tenant_id, "cloudwatch", {"target_region": "eu-west-1"})
    passes(cloud, there.tenant_id, "cloudwatch")


def test_a_wrong_bucket_owner(cloud, acme):
    """9. S3 says the same as for a policy that refuses: the policy, which is right, would be changed."""
    changed(cloud, acme, "s3", bucket_owner="999999999999")
    step = failed(tried(cloud, acme.tenant_id, "s3"))
    fix = step.fixes[1]
    as_documented("wrong bucket owner", step.name, step.reason, fix.side, "bucket_owner")
    assert fix.document == {"bucket_owner": None}
    cloud.api().patch(acme.tenant_id, "s3", fix.document)
    passes(cloud, acme.tenant_id, "s3")


def test_a_stale_template(cloud, acme, customer):
    """10. A bucket that trusts the central role of an earlier version would look as if nothing were allowed."""
    bucket = f"arn:aws:s3:::{acme.s3['bucket_name']}"
    old = {"Principal": {"AWS": f"arn:aws:iam::{CENTRAL}:role/EarlierCentralRole"}, "Action": "s3:PutObject"}
    customer._bucket(bucket, {"Sid": "AllowLogDelivery", "Effect": "Allow", "Resource": f"{bucket}/*", **old})
    step = failed(tried(cloud, acme.tenant_id, "s3"))
    central = cloud.environment.central_log_distribution_role_arn
    documented("stale template", step, step.fixes[0])
    assert step.fixes[0].document["Principal"] == {"AWS": central}
    customer.paste(step.fixes[0])
    passes(cloud, acme.tenant_id, "s3")


def test_a_session_tag_that_is_refused(cloud, acme):
    """11. The customer would be asked to change what only the provider can."""
    iam, name = cloud.client("iam"), "CentralLogDistributionRole"
    before = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    untagged = json.loads(json.dumps(before))
    for each in untagged["Statement"]:
        each["Action"] = "sts:AssumeRole"
    try:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(untagged))
        step = failed(tried(cloud, acme.tenant_id, "cloudwatch"))
        (fix,) = step.fixes
        documented("session tag", step, fix)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=document(fix.document))
        passes(cloud, acme.tenant_id, "cloudwatch")
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(before))


class Endpoint(BaseHTTPRequestHandler):
    """A customer's endpoint that proves itself and takes everything."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        answer = b""
        if self.headers["content-type"] == "application/json":
            found = challenge_answer(json.loads(body)["challenge"], Secret(SECRET))
            answer = json.dumps({"challenge": found}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Nothing is printed."""


@contextmanager
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_a_wrong_endpoint_and_a_config_that_its_test_enables(cloud):
    """12. A webhook could be enabled whose host nobody has asked; or never, as the API itself asks no endpoint."""
    tenant_id, api = unique("endpoint"), cloud.api()
    with endpoint() as right:
        wrong = {"type": "webhook", "url": "http://127.0.0.1:9/in", "signing_secret": SECRET}
        created = api.create(tenant_id, wrong, after_test=True)
        assert created.fields["enabled"] is False
        until(lambda: api.test(tenant_id, "webhook", created.test_id).state == "failed", "the first test's end")
        step = failed(api.test(tenant_id, "webhook", created.test_id))
        (fix,) = step.fixes
        as_documented("wrong endpoint", step.name, step.reason, fix.side, "")
        assert step.resource == "http://127.0.0.1:9"
        assert api.get(tenant_id, "webhook").fields["enabled"] is False
        corrected = api.patch(tenant_id, "webhook", {"url": f"{right}/in"}, after_test=True)
        until(lambda: api.test(tenant_id, "webhook", corrected.test_id).state == "passed", "the second test's end")
        found = api.get(tenant_id, "webhook")
    assert (found.fields["enabled"], found.test_id) == (True, None)
    assert found.fields["verified_host"] == right.removeprefix("http://")


def test_a_bucket_that_is_not_there(cloud, acme):
    """A typo would be looked for in the policies of a bucket that exists."""
    changed(cloud, acme, "s3", bucket_name=unique("nowhere"))
    step = failed(tried(cloud, acme.tenant_id, "s3"))
    assert (step.name, step.reason, step.fixes[0].side) == ("object", "no-such-bucket", "customer")
    cloud.api().patch(acme.tenant_id, "s3", {"bucket_name": acme.s3["bucket_name"]})
    passes(cloud, acme.tenant_id, "s3")


def test_a_log_group_that_is_gone(cloud, acme, customer):
    """A customer who deleted it by mistake would read of a refusal, not of a group that is missing."""
    cloud.client("logs", ACME).delete_log_group(logGroupName=acme.cloudwatch["log_group_name"])
    step = failed(tried(cloud, acme.tenant_id, "cloudwatch"))
    assert (step.name, step.reason) == ("log-stream", "log-group-missing")
    customer.paste(step.fixes[0])
    passes(cloud, acme.tenant_id, "cloudwatch")
