"""What customers and their administrators do while logs flow: they delete, restore, and change."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from local.loader.objects import LogObject
from tests.faults.injected import Pass, Refuse, ShortSession
from tests.faults.kind import Kind, Turn, recover
from tests.faults.kinds import DOWN, WIDE
from tests.faults.plan import Counts, rule
from tests.faults.scene import Scene
from tests.faults.tenants import put_config, remove_config

ROUND = 3
"""Objects between two things that a customer does."""

HITS, HITS_SECONDS = 8, 5.0
"""What is deleted stays so until that many calls have met it, or that long."""

LOGS_REFUSED = rule("logs:*", Pass(), 1.0, counts=Counts.REFUSED)
COPY_REFUSED = rule("s3:CopyObject", Pass(), 1.0, counts=Counts.REFUSED)
ASSUME_REFUSED = rule("sts:AssumeRole", ShortSession(), 1.0, counts=Counts.REFUSED)
CONFIG_READ = rule("dynamodb:Query", Pass(), 1.0)


def over_and_over(scene: Scene, kind: Kind, target: int, broken: Callable[[], AbstractContextManager[None]]) -> None:
    """Break something, let calls meet it, mend it, let an object through; until enough calls met it."""
    scene.begin(*kind.rules)
    try:
        while scene.injected < target and not scene.is_over():
            enough = scene.injected + HITS
            with broken():
                for _ in range(ROUND):
                    scene.send()
                scene.wait_for_hits(enough, HITS_SECONDS)
            recover(scene)
    finally:
        scene.end()


def log_group_deleted(scene: Scene, kind: Kind, target: int) -> None:
    """Delete the log group while objects come, and create it again: the role may not, since a stack made the group.

    What the group held went with it, by the customer's own hand.
    """
    tenant = scene.tenant
    logs = tenant.client(scene.place, "logs")
    scene.ledger.remember(tenant.tenant_id)

    @contextmanager
    def deleted() -> Iterator[None]:
        logs.delete_log_group(logGroupName=tenant.log_group)
        try:
            yield
        finally:
            logs.create_log_group(logGroupName=tenant.log_group)

    over_and_over(scene, kind, target, deleted)


def role_deleted_and_restored(scene: Scene, kind: Kind, target: int) -> None:
    """Take the customer's role away while objects come, and put it back."""
    tenant = scene.tenant
    iam = tenant.client(scene.place, "iam")
    name = str(tenant.configs["cloudwatch"]["log_distribution_role_arn"]).rsplit("/", 1)[-1]
    role = iam.get_role(RoleName=name)["Role"]
    policies = {
        policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }

    @contextmanager
    def deleted() -> Iterator[None]:
        for policy in policies:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)
        try:
            yield
        finally:
            _restore_role(iam, role, policies)

    over_and_over(scene, kind, target, deleted)


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
    tenant = scene.tenant
    s3, bucket = tenant.client(scene.place, "s3"), tenant.bucket
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]

    @contextmanager
    def deleted() -> Iterator[None]:
        _delete(scene, s3, bucket)
        try:
            yield
        finally:
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_policy(Bucket=bucket, Policy=policy)

    over_and_over(scene, kind, target, deleted)


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


def config_wrong(scene: Scene, kind: Kind, target: int) -> None:
    """Change the config while objects come: a wrong ExternalId, and the right one again."""
    right = scene.tenant.configs["cloudwatch"]

    @contextmanager
    def wrong() -> Iterator[None]:
        put_config(scene.place, {**right, "external_id": "not-this-one"})
        try:
            yield
        finally:
            put_config(scene.place, right)

    over_and_over(scene, kind, target, wrong)


def config_invalid(scene: Scene, kind: Kind, target: int) -> None:
    """Break the form of a config while deliveries to it wait, and mend it; its sibling must not care."""
    right = scene.tenant.configs["cloudwatch"]
    _while_deliveries_wait(
        scene, kind, target, lambda: put_config(scene.place, {**right, "log_group_name": "two words"})
    )


def config_deleted(scene: Scene, kind: Kind, target: int) -> None:
    """Delete a config while deliveries to it wait: they are parked, and resumed when it is there again."""
    _while_deliveries_wait(scene, kind, target, lambda: remove_config(scene.place, scene.tenant, "cloudwatch"))


def _while_deliveries_wait(scene: Scene, kind: Kind, target: int, break_config: Callable[[], None]) -> None:
    """Break a config only once its objects have been begun: what comes while there is none is owed to nobody.

    Each time the processor reads the config that isn't there, or can't be used, a fault is met.
    """
    right = scene.tenant.configs["cloudwatch"]
    while scene.injected < target and not scene.is_over():
        scene.begin(DOWN)
        objects = [scene.send() for _ in range(ROUND)]
        if not _have_begun(scene, objects):
            continue
        enough = scene.injected + HITS
        break_config()
        scene.begin(DOWN, *kind.rules)
        try:
            scene.wait_for_hits(enough, HITS_SECONDS)
        finally:
            put_config(scene.place, right)
            scene.end()
        recover(scene)
    scene.end()


def _have_begun(scene: Scene, objects: list[LogObject]) -> bool:
    """Wait until the siblings of what is to wait have arrived: then the config had been read."""
    scene.wait_for(lambda: all(scene.has_arrived(one, "s3") for one in objects), BEGUN_SECONDS)
    return all(scene.has_arrived(one, "s3") for one in objects)


BEGUN_SECONDS = 20.0


def blocked_for_good(scene: Scene, kind: Kind, target: int) -> None:
    """Refuse everything for longer than the schedule lasts: what isn't delivered is parked, and resumed afterwards."""
    scene.begin(*kind.rules)
    for _ in range(min(target, 20)):
        scene.send()


DENIED = rule("logs:*", Refuse(400, "AccessDeniedException"), 1.0)
NO_STS = rule("sts:AssumeRole", Refuse(403, "AccessDenied"), 1.0)

CUSTOMERS = (
    Kind("log-group-deleted", (LOGS_REFUSED,), log_group_deleted, batches=WIDE),
    Kind("role-deleted-and-restored", (ASSUME_REFUSED, LOGS_REFUSED), role_deleted_and_restored, batches=WIDE),
    Kind("bucket-deleted-and-restored", (COPY_REFUSED,), bucket_deleted_and_restored, beside="logs"),
    Kind("config-wrong-for-a-while", (ASSUME_REFUSED,), config_wrong),
    Kind("config-invalid-for-a-while", (CONFIG_READ,), config_invalid),
    Kind("config-deleted-for-a-while", (CONFIG_READ,), config_deleted),
    Kind("blocked-for-longer-than-the-schedule", (DENIED,), blocked_for_good, turn=Turn.LASTING),
    Kind("sts-failing-for-longer-than-the-schedule", (NO_STS,), blocked_for_good, beside="quiet", turn=Turn.LASTING),
)
