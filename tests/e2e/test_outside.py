"""The outside, deployed: what its role and a tenant's session are denied, and what a pass opens."""

import json
import time
from dataclasses import asdict, replace

import pytest
from botocore.exceptions import ClientError

from local import cluster
from local.loader.writer import web_identity_token, writer_keys
from ministack_fidelity.accounts import Keys
from ministack_fidelity.identities import assume, tenant, unique
from runtime.deliveries.passes import Pass
from tests.e2e.cloud import CENTRAL

OBJECT = "tenant_id={}/cluster_id=demo/application=etcd/pod_name=etcd-0/20261129-101500-{}.json.gz"


@pytest.fixture(scope="module")
def outside(cloud):
    """The outside processor's execution role, as its poller assumes it."""
    token = web_identity_token(cluster.ISSUER, cluster.subject(cluster.OUTSIDE_POLLER))
    return writer_keys(cloud.accounts, CENTRAL, cloud.outputs["OutsideExecutionRoleArn"], token)


@pytest.fixture(scope="module")
def tenants(cloud):
    """Two tenants with an object, a config and a secret each."""
    found = [unique("outside"), unique("other")]
    for name in found:
        bucket = cloud.environment.central_bucket
        cloud.client("s3").put_object(Bucket=bucket, Key=OBJECT.format(name, "one"), Body=b"")
        item = {"tenant_id": {"S": name}, "type": {"S": "s3"}, "enabled": {"BOOL": False}}
        cloud.client("dynamodb").put_item(TableName=cloud.environment.tenant_config_table, Item=item)
        cloud.client("secretsmanager").create_secret(Name=f"logrouter/{name}/token", SecretString="secret")
    return found


def seal(cloud, wanted):
    """Have the inside make a pass."""
    import base64

    function = cloud.client("lambda").get_function_configuration(FunctionName=cloud.outputs["ProcessorFunctionName"])
    key, at = function["Environment"]["Variables"]["PASS_KEY_ID"], int(time.time())
    made = cloud.client("kms", cloud.processor).generate_mac(
        KeyId=key, MacAlgorithm="HMAC_SHA_256", Message=wanted.digest(at)
    )
    return replace(wanted, mac=f"{at}-{base64.b64encode(made['Mac']).decode()}")


def ask(cloud, keys, shown, **more):
    """Ask the issuer for a session."""
    answer = cloud.client("lambda", keys).invoke(
        FunctionName=cloud.outputs["SessionIssuerFunctionName"],
        Payload=json.dumps({"session": "tenant", "pass": asdict(shown), **more}),
    )
    return json.loads(answer["Payload"].read())


@pytest.fixture(scope="module")
def wanted(cloud, tenants):
    return Pass(tenants[0], "s3", cloud.environment.central_bucket, OBJECT.format(tenants[0], "one"))


@pytest.fixture(scope="module")
def session(cloud, outside, wanted):
    """The tenant's session, as the outside gets it."""
    found = ask(cloud, outside, seal(cloud, wanted))
    given = found["credentials"]
    return Keys(given["access_key"], given["secret_key"], given["token"])


def denied(call, *arguments, **request):
    """Expect that the call is denied, rather than that it fails for another reason."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **request)
    assert caught.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}


def test_a_tenants_session_reads_its_own_and_nothing_else(cloud, session, tenants):
    """Whoever takes over the outside with one tenant's message would read every tenant's logs and secrets."""
    own, other = tenants
    environment, bucket = cloud.environment, cloud.environment.central_bucket
    s3, dynamodb, secrets = (cloud.client(name, session) for name in ("s3", "dynamodb", "secretsmanager"))
    query = {"TableName": environment.tenant_config_table, "KeyConditionExpression": "tenant_id = :t"}
    assert s3.get_object(Bucket=bucket, Key=OBJECT.format(own, "one"))
    assert s3.put_object(Bucket=bucket, Key=f"set-aside/tenant_id={own}/date=2026-11-29/a.json.gz", Body=b"")
    assert dynamodb.query(**query, ExpressionAttributeValues={":t": {"S": own}})["Count"] == 1
    assert secrets.get_secret_value(SecretId=f"logrouter/{own}/token")["SecretString"] == "secret"
    denied(s3.get_object, Bucket=bucket, Key=OBJECT.format(other, "one"))
    denied(s3.put_object, Bucket=bucket, Key=f"set-aside/tenant_id={other}/date=2026-11-29/a.json.gz", Body=b"")
    denied(s3.put_object, Bucket=bucket, Key=OBJECT.format(own, "two"), Body=b"")
    denied(s3.list_objects_v2, Bucket=bucket, Prefix=f"tenant_id={own}/")
    denied(dynamodb.query, **query, ExpressionAttributeValues={":t": {"S": other}})
    denied(dynamodb.scan, TableName=environment.tenant_config_table)
    denied(dynamodb.put_item, TableName=environment.tenant_config_table, Item={"tenant_id": {"S": own}})
    denied(secrets.get_secret_value, SecretId=f"logrouter/{other}/token")
    role = environment.central_log_distribution_role_arn
    denied(assume, cloud.accounts, session, role, Tags=tenant(own))


def test_the_outsides_role_reaches_nothing_of_a_tenants(cloud, outside, tenants, session):
    """The outside would need no message at all."""
    environment = cloud.environment
    s3, dynamodb, sqs = (cloud.client(name, outside) for name in ("s3", "dynamodb", "sqs"))
    assert sqs.receive_message(QueueUrl=cloud.outputs["OutsideQueueUrl"], MaxNumberOfMessages=1)
    denied(s3.get_object, Bucket=environment.central_bucket, Key=OBJECT.format(tenants[0], "one"))
    denied(dynamodb.scan, TableName=environment.tenant_config_table)
    denied(sqs.receive_message, QueueUrl=environment.object_queue_url)
    denied(sqs.send_message, QueueUrl=environment.delivery_queue_url, MessageBody="{}")
    for role in (environment.central_log_distribution_role_arn, cloud.outputs["OutsideReaderRoleArn"]):
        denied(assume, cloud.accounts, outside, role, Tags=tenant(tenants[0]))


def test_a_forged_pass_opens_nothing(cloud, outside, wanted, tenants):
    """The outside would name any tenant it likes."""
    genuine = seal(cloud, wanted)
    for forged in (
        replace(genuine, tenant_id=tenants[1], key=OBJECT.format(tenants[1], "one")),
        replace(genuine, type="cloudwatch"),
        replace(wanted, mac="A" * 43 + "="),
    ):
        assert ask(cloud, outside, forged)["error"]["reason"] == "pass-refused"


def test_only_the_outside_asks_and_only_the_inside_makes_passes(cloud, outside, wanted):
    """A pass that somebody saw would be worth a session, or the outside would write its own."""
    denied(ask, cloud, cloud.processor, wanted)
    denied(cloud.client("kms", outside).generate_mac, KeyId="alias/any", MacAlgorithm="HMAC_SHA_256", Message=b"m")
