"""One object through this checkout's processor, against the embedded cloud: a change or a plug-in is seen at once.

The processor is the host for standard input in a process of its own, with the deployed function's variables and role.
It has no queues: nothing is handed over, so a delivery that fails is shown and not tried again. It delivers by the
methods of the outside processor, too.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

import runtime
from cli.operation.sources import Sources
from cli.problems import NotFoundError
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import InvalidItem
from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.notifications import write_notification
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import CredentialsTypeDef

CHECKOUT: Final = Path(runtime.__path__[0]).parent
SECONDS: Final = 300.0
"""Ours: an object of the largest batch size takes seconds."""
WITHOUT: Final = (
    "DELIVERY_QUEUE_URL",
    "OBJECT_DLQ_URL",
    "DELIVERY_DLQ_URL",
    "OUTSIDE_QUEUE_URL",
    "LOGROUTER_PLACEMENT",
)
NOT_THE_USERS: Final = ("AWS_", "LOGROUTER_")
WARNINGS: Final = frozenset({"WARNING", "ERROR", "CRITICAL"})
NOT_TRIED: Final = "not tried"


@dataclass(frozen=True, slots=True)
class TriedDelivery:
    """What became of one delivery config. ``delivered_before``: how often the object had been delivered by it."""

    type: str
    outcome: str
    reason: str = ""
    detail: str = ""
    events: int = 0
    bytes: int = 0
    set_aside: int = 0
    delivered_before: int = 0

    @property
    def failed(self) -> bool:
        """Whether it was tried, or should have been, and isn't delivered."""
        return self.outcome not in {"delivered", NOT_TRIED}


@dataclass(frozen=True, slots=True)
class TrialResult:
    """``log``: the processor's own warnings, one a line. ``skipped``: what it passed over, as reasons."""

    object: str
    deliveries: list[TriedDelivery]
    skipped: list[str]
    log: list[str]


@dataclass(frozen=True)
class Trial:
    """Tries an object.

    :param key: its key, or a folder of keys that ends in ``/``: the newest object in it.
    :param type: of the one delivery config that is tried; ``None``: of all that want the object.
    :raises NotFoundError: there is no such object, or delivery config that could deliver it.
    :raises runtime.objects.key.MalformedKeyError: the key isn't of the contract's form.
    """

    sources: Sources
    key: str
    type: str | None = None

    def run(self) -> TrialResult:
        """Deliver it, and return what each delivery did."""
        object_, configs = self._object, self._configs
        before = self._delivered_before()
        lines = list(_documents(self._processed(self._message())))
        records = [line for line in lines if line.get("message") == "delivery"]
        tried = [_tried(record, before) for record in records]
        names = {each.type for each in tried}
        left = [TriedDelivery(each.type, NOT_TRIED, _why_not(each, object_.key)) for each in configs]
        log = [_sentence(line) for line in lines if line.get("level") in WARNINGS]
        skipped = [f"{line.get('Reason')}" for line in lines if line.get("message") in {"skipped", "returned"}]
        return TrialResult(object_.key.key, tried + [each for each in left if each.type not in names], skipped, log)

    @cached_property
    def _object(self) -> StoredObject:
        key, s3 = self.key, self.sources.clients.client("s3")
        if key.endswith("/"):
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.sources.bucket, Prefix=key)
            found = [each for page in pages for each in page.get("Contents", ())]
            if not found:
                raise NotFoundError(f"there is no object below {key}")
            key = max(found, key=lambda each: each["LastModified"])["Key"]
        parsed = ObjectKey.parse(key)
        try:
            head = s3.head_object(Bucket=self.sources.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            raise NotFoundError(f"there is no object {key}; a folder ending in / stands for its newest one") from None
        return StoredObject(
            self.sources.bucket, parsed, head["ETag"].strip('"'), head.get("VersionId"), head["ContentLength"]
        )

    @cached_property
    def _configs(self) -> list[DeliveryConfig | InvalidItem]:
        tenant_id = self._object.key.tenant_id
        found = self.sources.configs.fetch_tenant(tenant_id)
        if not found.known:
            raise NotFoundError(f"{tenant_id} has no delivery config: nothing would be delivered")
        if self.type is None:
            return [*found.configs, *found.invalid]
        config = found.of_type(self.type)
        if config is None:
            raise NotFoundError(f"{tenant_id} has no delivery config {self.type}: `logrouter config list` shows them")
        if why := _why_not(config, self._object.key):
            raise NotFoundError(f"{self.type} of {tenant_id} wouldn't deliver it: {why}")
        return [config]

    def _message(self) -> str:
        if self.type is None:
            return json.dumps(write_notification(self._object))
        one, now = self._object, self.sources.clock()
        message = DeliveryMessage(one.bucket, one.key.key, one.key.tenant_id, self.type, first_attempt_at=now)
        return replace(message, etag=one.etag, version_id=one.version_id, size=one.size).write()

    def _delivered_before(self) -> Mapping[str, int]:
        """Count the records that say it was delivered, by type."""
        s3, one = self.sources.clients.client("s3"), self._object
        since = s3.head_object(Bucket=one.bucket, Key=one.key.key)["LastModified"].timestamp()
        counts: dict[str, int] = {}
        wanted = {"message": "delivery", "Outcome": "delivered", "object": one.key.key}
        for line in self.sources.records.lines(since, self.sources.clock(), **wanted):
            counts[line.text("type")] = counts.get(line.text("type"), 0) + 1
        return counts

    def _processed(self, message: str) -> str:
        """Run the processor, and return what it wrote.

        :raises RuntimeError: it didn't start.
        """
        done = subprocess.run(
            [sys.executable, "-m", "runtime.processor", "--mode", "stdin"],
            input=message,
            env=self._environment(),
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode not in {0, 1} or not done.stdout:
            end = "\n".join(done.stderr.splitlines()[-15:])
            raise RuntimeError(f"the processor ended with status {done.returncode}:\n{end}")
        return done.stdout

    def _environment(self) -> dict[str, str]:
        """Return the deployed function's variables without its queues, signed by a session of its role."""
        clients = self.sources.clients
        name = self.sources.installation.outputs["ProcessorFunctionName"]
        function = clients.client("lambda").get_function_configuration(FunctionName=name)
        session = clients.client("sts").assume_role(RoleArn=function["Role"], RoleSessionName="logrouter-process")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_THE_USERS)}
        deployed = function["Environment"]["Variables"].items()
        return {
            **kept,
            **{name: value for name, value in deployed if name not in WITHOUT},
            **_keys(session["Credentials"]),
            "AWS_REGION": clients.region,
            "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        }


def _keys(session: "CredentialsTypeDef") -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }


def _documents(text: str) -> Iterable[dict[str, Any]]:
    for line in text.splitlines():
        try:
            found = json.loads(line)
        except ValueError:  # what a plug-in prints
            found = {"level": "WARNING", "message": line}
        if isinstance(found, dict):
            yield found


def _tried(record: Mapping[str, Any], before: Mapping[str, int]) -> TriedDelivery:
    return TriedDelivery(
        record["type"],
        record["Outcome"],
        record.get("Reason", ""),
        record["detail"],
        int(record["Events"]),
        int(record["Bytes"]),
        sum(record["set_aside"].values()),
        before.get(record["type"], 0),
    )


def _why_not(config: DeliveryConfig | InvalidItem, key: ObjectKey) -> str:
    """Return why a config doesn't deliver the object; empty if it does."""
    if isinstance(config, InvalidItem):
        return f"{config.reason}: {config.problem}"
    return "disabled" if not config.enabled else config.filtered_by(key.application, key.cluster_id) or ""


def _sentence(line: Mapping[str, Any]) -> str:
    more = {name: line[name] for name in ("type", "reason", "detail", "error", "at") if line.get(name)}
    about = ", ".join(f"{name}: {value}" for name, value in more.items())
    return f"{line['message']} ({about})" if about else str(line["message"])
