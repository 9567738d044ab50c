"""Parked deliveries of the deployed system: seen, resumed by a changed config, and by a probe."""

import json
import time
from contextlib import contextmanager

from ministack_fidelity.identities import unique
from runtime.messages.delivery_message import DeliveryMessage
from runtime.resumption.lambda_handler import REDRIVE
from tests.e2e.tenants import put_configs
from tests.e2e.traffic import (
    delivered,
    line,
    messages,
    object_of,
    outcome,
    receive,
    send,
    until,
    without_lambda,
)

YESTERDAY = 2 * 86_400


def parked(cloud, tenant_id):
    """Query a tenant's items of parked deliveries."""
    answer = cloud.client("dynamodb").query(
        TableName=cloud.outputs["ParkedDeliveriesTableName"],
        KeyConditionExpression="tenant_id = :id AND delivery BETWEEN :low AND :high",
        ExpressionAttributeValues={":id": {"S": tenant_id}, ":low": {"S": "a"}, ":high": {"S": "{"}},
    )
    return answer["Items"]


def park(cloud, tenant, group, *texts):
    """Have the deployed processor park a delivery for each text: its schedule is over, its log group not allowed."""
    objects = [send(cloud, object_of(tenant.tenant_id, [line(text)])) for text in texts]  # of an unknown tenant yet
    put_configs(cloud, {**tenant.cloudwatch, "log_group_name": group})
    for sent in objects:
        over = DeliveryMessage(
            cloud.environment.central_bucket,
            sent.key,
            tenant.tenant_id,
            "cloudwatch",
            attempt=30,
            first_attempt_at=time.time() - YESTERDAY,
        )
        cloud.client("sqs").send_message(QueueUrl=cloud.environment.delivery_queue_url, MessageBody=over.write())
    return until(lambda: len(found := parked(cloud, tenant.tenant_id)) >= len(texts) and found, "parked deliveries")


def run_resumption(cloud, event=None):
    """Run the function as its schedule does, once a minute, or as its other one does, with this event."""
    name = cloud.outputs["ResumptionFunctionName"]
    payload = json.dumps(event or {"source": "aws.events"})
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=payload)
    returned = answer["Payload"].read()
    assert "FunctionError" not in answer, returned
    return json.loads(returned)


@contextmanager
def short_delays(cloud):
    """Shorten the function's schedule, and with it the ten minutes after which a dead letter is redriven."""
    client, name = cloud.client("lambda"), cloud.outputs["ResumptionFunctionName"]
    kept = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    short = {**kept, "DELIVERY_SCHEDULE_SECONDS": "60"}
    client.update_function_configuration(FunctionName=name, Environment={"Variables": short})
    try:
        yield
    finally:
        client.update_function_configuration(FunctionName=name, Environment={"Variables": kept})


def resumed(cloud, tenant):
    """Let the function run, as often as its schedule would, until nothing of the tenant is parked."""

    def run():
        run_resumption(cloud)
        return not parked(cloud, tenant.tenant_id)

    until(run, "nothing parked")


def test_a_mended_config_resumes_what_is_parked(cloud, new_tenant):
    """A customer who mends their config would have to ask someone to send what was parked."""
    tenant = new_tenant(configured=False)
    texts = [unique("event") for _ in range(3)]
    group = "/not/this/one"
    (item, *_) = park(cloud, tenant, group, *texts)
    assert item["reason"]["S"] == "destination-denied"
    assert item["action"]["S"].startswith("logs:")
    assert group in item["resource"]["S"]
    put_configs(cloud, tenant.cloudwatch)
    resumed(cloud, tenant)
    until(lambda: set(messages(cloud, tenant)) == set(texts), "all events")


def test_a_probe_finds_out_and_resumes_the_rest(cloud, new_tenant):
    """A destination that was mended in the customer's account alone would never be tried again."""
    tenant = new_tenant(configured=False)
    texts = [unique("event") for _ in range(3)]
    group = f"/not/this/one/{tenant.tenant_id}"
    park(cloud, tenant, group, *texts)
    logs = cloud.client("logs", tenant.account, region=tenant.region)
    iam = cloud.client("iam", tenant.account)
    role = tenant.cloudwatch["log_distribution_role_arn"].rsplit("/", 1)[-1]
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=role, PolicyName="Mended", PolicyDocument=policy)
    logs.create_log_group(logGroupName=group)
    cloud.client("dynamodb").update_item(  # due now, not in a minute
        TableName=cloud.outputs["ParkedDeliveriesTableName"],
        Key={"tenant_id": {"S": tenant.tenant_id}, "delivery": {"S": "!cloudwatch"}},
        UpdateExpression="SET due_at = :now",
        ExpressionAttributeValues={":now": {"N": "1"}},
    )
    resumed(cloud, tenant)
    config = {**tenant.cloudwatch, "log_group_name": group}
    until(lambda: set(messages(cloud, tenant, config)) == set(texts), "all events")


def test_a_deleted_config_parks_what_waits_and_its_return_resumes_it(cloud, new_tenant):
    """A config deleted by mistake would take the logs with it that waited for its destination."""
    tenant = new_tenant(configured=False)
    put_configs(cloud, {**tenant.cloudwatch, "external_id": "not-this-one"})
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    outcome(cloud, tenant.tenant_id, "cloudwatch", "handed-over")
    key = {"tenant_id": {"S": tenant.tenant_id}, "type": {"S": "cloudwatch"}}
    cloud.client("dynamodb").delete_item(TableName=cloud.environment.tenant_config_table, Key=key)
    (item,) = until(lambda: parked(cloud, tenant.tenant_id), "the parked delivery")
    assert item["reason"]["S"] == "config-deleted"
    put_configs(cloud, tenant.cloudwatch)
    assert delivered(cloud, tenant, ["event"]) == ["event"]
    resumed(cloud, tenant)


def test_dead_letters_without_a_reason_go_back_by_themselves(cloud, new_tenant):
    """After an outage of the provider's own, somebody would have to find and redrive what it left behind."""
    tenant = new_tenant()
    text, kept = unique("event"), unique("kept")
    sent = object_of(tenant.tenant_id, [line(text)])
    url, sqs = cloud.outputs["ObjectDlqUrl"], cloud.client("sqs")
    with without_lambda(cloud, "object"):
        send(cloud, sent)
        taken = receive(cloud, cloud.environment.object_queue_url, tenant.tenant_id)
        sqs.send_message(QueueUrl=url, MessageBody=taken["Body"])  # as SQS does after too many receives
    reason = {"reason": {"DataType": "String", "StringValue": "not-gzip"}}
    sqs.send_message(QueueUrl=url, MessageBody=kept, MessageAttributes=reason)
    with short_delays(cloud):
        until(lambda: run_resumption(cloud, REDRIVE)["redriven"] >= 1, "a redrive")
    assert delivered(cloud, tenant, [text]) == [text]
    assert receive(cloud, url, kept)["Body"] == kept
