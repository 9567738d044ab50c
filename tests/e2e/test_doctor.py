"""The doctor: a healthy deployment, and one in which something of each kind is broken."""

import json
from contextlib import ExitStack, contextmanager

from tests.e2e.command import logrouter
from tests.e2e.traffic import messages, without_lambda


def findings(cloud, *words):
    """Return what the doctor finds wrong, and to do, by subject; but for dead letters, which other tests may leave."""
    found = json.loads(logrouter(cloud, "doctor", *words, "--json", status=None))["findings"]
    texts = {each["subject"]: f"{each['wrong']}; {each['change']}" for each in found if " holds " not in each["wrong"]}
    assert len(texts) == len([each for each in found if " holds " not in each["wrong"]])
    return texts


@contextmanager
def bucket_tells_nobody(cloud):
    """Take the bucket's notification away."""
    s3, bucket = cloud.client("s3"), cloud.environment.central_bucket
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)["TopicConfigurations"]
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    yield
    restored = {"TopicConfigurations": kept}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=restored)


@contextmanager
def queue_without(cloud, url, attribute):
    """Take a queue's policy, or its redrive policy, away."""
    sqs = cloud.client("sqs")
    kept = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[attribute])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={attribute: ""})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=kept)


@contextmanager
def function_with_another_table(cloud, name):
    """Change a variable of a function by hand."""
    client = cloud.client("lambda")
    kept = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    changed = {**kept, "PARKED_DELIVERIES_TABLE": "another"}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
    yield
    client.update_function_configuration(FunctionName=name, Environment={"Variables": kept})


@contextmanager
def role_that_trusts_nobody(cloud, account, arn):
    """Let a role be assumed by nobody."""
    iam, name = cloud.client("iam", account), arn.rsplit("/", 1)[-1]
    kept = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps({**kept, "Statement": []}))
    yield
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(kept))


def test_what_is_broken_is_found_by_name(cloud, new_tenant):
    """Whoever is paged would look at every part of the path by hand; or be sent to one that is well."""
    well, broken = new_tenant(), new_tenant()
    role = broken.cloudwatch["log_distribution_role_arn"]
    before = findings(cloud, well.tenant_id, broken.tenant_id)
    assert before == {}
    environment = cloud.environment
    objects, deliveries = (
        url.rsplit("/", 1)[-1] for url in (environment.object_queue_url, environment.delivery_queue_url)
    )
    resumption = cloud.outputs["ResumptionFunctionName"]
    with ExitStack() as stack:
        for change in (
            bucket_tells_nobody(cloud),
            queue_without(cloud, environment.object_queue_url, "Policy"),
            queue_without(cloud, environment.delivery_queue_url, "RedrivePolicy"),
            without_lambda(cloud, "object"),
            function_with_another_table(cloud, resumption),
            role_that_trusts_nobody(cloud, broken.account, role),
        ):
            stack.enter_context(change)
        found = findings(cloud, well.tenant_id, broken.tenant_id)
    assert "doesn't notify" in found.pop(f"bucket {environment.central_bucket}")
    assert "has no policy" in found.pop(f"queue {objects}")
    assert "doesn't send its dead letters" in found.pop(f"queue {deliveries}")
    assert "update-event-source-mapping" in found.pop(f"function {environment.processor_function_name}")
    assert "PARKED_DELIVERIES_TABLE is 'another'" in found.pop(f"function {resumption}")
    wrong = found.pop(f"roles of {broken.tenant_id} cloudwatch")
    assert f"second-hop-denied: sts:AssumeRole on {role}; the customer's role must trust" in wrong
    assert found == {}


def test_a_canary_line_goes_through_every_hop(cloud, new_tenant):
    """All parts could be there and yet nothing arrive."""
    tenant = new_tenant()
    found = json.loads(
        logrouter(cloud, "doctor", tenant.tenant_id, "--canary", tenant.tenant_id, "--json", status=None)
    )
    assert {each["type"] for each in found["canary"]} == {"cloudwatch", "s3"}
    assert all(0 < each["seconds"] < 60 for each in found["canary"])
    (message,) = messages(cloud, tenant)
    assert message.startswith("canary ")
