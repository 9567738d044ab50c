"""What customers and their administrators do while logs flow: they delete, restore, change, and flood."""

import json
import time
from contextlib import suppress
from typing import Any

from local.faults.injected import Refuse
from local.faults.kind import Kind
from local.faults.plan import rule
from local.faults.scene import Scene
from local.faults.tenants import put_config

ROUND = 4
"""Objects between two things that a customer does."""


def log_group_deleted(scene: Scene, kind: Kind, target: int) -> None:
    """Delete the log group again and again; what it held went with it, by the customer's own hand."""
    del kind
    tenant = scene.tenant
    logs = tenant.client(scene.place, "logs")
    scene.ledger.remember(tenant.tenant_id)
    while scene.injected < target and not scene.is_over():
        for _ in range(ROUND):
            scene.send()
        with suppress(logs.exceptions.ResourceNotFoundException):  # nothing came since the last time
            logs.delete_log_group(logGroupName=tenant.log_group)
            scene.inject("logs:DeleteLogGroup by the customer")


def role_deleted_and_restored(scene: Scene, kind: Kind, target: int) -> None:
    """Take the customer's role away while objects come, and put it back."""
    del kind
    tenant = scene.tenant
    iam = tenant.client(scene.place, "iam")
    name = str(tenant.configs["cloudwatch"]["log_distribution_role_arn"]).rsplit("/", 1)[-1]
    role = iam.get_role(RoleName=name)["Role"]
    policies = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    while scene.injected < target and not scene.is_over():
        for policy in policies:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
        scene.inject("iam:DeleteRole by the customer")
        try:
            for _ in range(ROUND):
                scene.send()
        finally:
            _restore_role(iam, role, policies)
        for _ in range(ROUND):
            scene.send()


def _restore_role(iam: Any, role: dict[str, Any], policies: dict[str, Any]) -> None:
    iam.create_role(
        RoleName=role["RoleName"],
        Path=role["Path"],
        AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
    )
    for policy, document in policies.items():
        iam.put_role_policy(RoleName=role["RoleName"], PolicyName=policy, PolicyDocument=json.dumps(document))


def bucket_deleted_and_restored(scene: Scene, kind: Kind, target: int) -> None:
    """Take the customer's bucket away while objects come, and put it back, with its policy."""
    del kind
    tenant = scene.tenant
    s3, bucket = tenant.client(scene.place, "s3"), tenant.bucket
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    while scene.injected < target and not scene.is_over():
        scene.send()
        _delete(scene, s3, bucket)
        scene.inject("s3:DeleteBucket by the customer")
        try:
            for _ in range(ROUND):
                scene.send()
        finally:
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def _delete(scene: Scene, s3: Any, bucket: str) -> None:
    """Keep and delete until nothing is left, then the bucket: a copy may arrive in between."""
    while True:
        for key in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
            scene.keep_objects(scene.tenant)
            s3.delete_object(Bucket=bucket, Key=key["Key"])
        try:
            s3.delete_bucket(Bucket=bucket)
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "BucketNotEmpty":
                raise
        else:
            return


def config_changed(scene: Scene, kind: Kind, target: int) -> None:
    """Change the config while objects come: a wrong ExternalId, and the right one again."""
    del kind
    right = scene.tenant.configs["cloudwatch"]
    while scene.injected < target and not scene.is_over():
        put_config(scene.place, {**right, "external_id": "not-this-one"})
        scene.inject("config: wrong ExternalId")
        try:
            for _ in range(ROUND):
                scene.send()
        finally:
            put_config(scene.place, right)
        scene.send()


def config_invalid(scene: Scene, kind: Kind, target: int) -> None:
    """Break one config's form; its sibling must not care."""
    del kind
    right = scene.tenant.configs["cloudwatch"]
    while scene.injected < target and not scene.is_over():
        put_config(scene.place, {**right, "log_group_name": "two words"})
        scene.inject("config: invalid")
        put_config(scene.place, right)
        scene.send()


def noisy_beside_quiet(scene: Scene, kind: Kind, target: int) -> None:
    """Let one tenant send many objects at once; a quiet one sends one into the midst of each hundred."""
    del kind
    noisy, quiet = scene.tenant, scene.quiet
    for number in range(target):
        if scene.is_over():
            return
        scene.send(noisy, waits=False)
        scene.inject("a noisy tenant's object")
        if number % 100 == min(target, 100) // 2:
            scene.send(quiet, waits=False)


def broken_beside_healthy(scene: Scene, kind: Kind, target: int) -> None:
    """Measure many healthy tenants without a fault, then beside one that is broken for an hour of the schedule."""
    del target
    _to_all(scene, ROUNDS_BEFORE)
    scene.changed_at = time.monotonic()
    scene.begin(*kind.rules)
    try:
        while time.monotonic() - scene.changed_at < scene.hour_seconds and not scene.is_over():
            _to_all(scene, 1)
    finally:
        scene.end()


def _to_all(scene: Scene, rounds: int) -> None:
    for _ in range(rounds):
        for tenant in scene.tenants:
            if scene.is_over():
                return
            scene.send(tenant)


ROUNDS_BEFORE = 2


def blocked_for_good(scene: Scene, kind: Kind, target: int) -> None:
    """Refuse everything for longer than the schedule lasts: what isn't delivered is parked."""
    scene.begin(*kind.rules)
    for _ in range(min(target, 20)):
        scene.send()


DENIED = rule("logs:*", Refuse(400, "AccessDeniedException"), 1.0)
UNAVAILABLE = rule("logs:*", Refuse(503, "ServiceUnavailableException"), 1.0)

NEIGHBOURS = (
    Kind("noisy-tenant-beside-a-quiet-one", scenario=noisy_beside_quiet, beside="quiet", alone=True),
    Kind(
        "one-broken-beside-50-healthy",
        (UNAVAILABLE,),
        scenario=broken_beside_healthy,
        beside="quiet",
        tenants=50,
        alone=True,
    ),
)
"""What is measured is the others' delay: nothing else may run."""

CUSTOMERS = (
    Kind("log-group-deleted", scenario=log_group_deleted),
    Kind("role-deleted-and-restored", scenario=role_deleted_and_restored),
    Kind("bucket-deleted-and-restored", scenario=bucket_deleted_and_restored, beside="logs"),
    Kind("config-wrong-for-a-while", scenario=config_changed),
    Kind("config-invalid-for-a-while", scenario=config_invalid),
    Kind("blocked-for-longer-than-the-schedule", (DENIED,), scenario=blocked_for_good),
)
