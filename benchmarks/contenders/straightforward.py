"""The processor that one writes first, well: ``python -m benchmarks.contenders.straightforward stdlib|orjson PIPE``.

gzip and a JSON library, boto3's clients, events as dicts, put_log_events. It has the same caches as ours (configs, both
role hops, clients), reads an object once for all of its destinations, keeps CloudWatch's limits, polls and deletes in
batches and works on as many objects and destinations concurrently. It retries nothing but what boto3 does, keeps no
checkpoint, writes no records and isn't asked to survive a broken line.
"""

import gzip
import json
import os
import sys
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, cast

import boto3

from benchmarks.contenders.figures import answer_in_background

MAX_BATCH_EVENTS, MAX_BATCH_BYTES, EVENT_OVERHEAD_BYTES = 10_000, 1_048_576, 26
MAX_SPAN_MS = 24 * 3600 * 1000
MAX_EVENT_BYTES = MAX_BATCH_BYTES - EVENT_OVERHEAD_BYTES
OBJECTS_SIDE_BY_SIDE = 4

Event = dict[str, Any]


class Straightforward:
    """All of it; ``loads`` reads one line."""

    def __init__(self, loads: Callable[[bytes], Any]) -> None:
        self._loads = loads
        self._queue_url = os.environ["SQS_QUEUE_URL"]
        self._table = os.environ["TENANT_CONFIG_TABLE"]
        self._central_role = os.environ["CENTRAL_LOG_DISTRIBUTION_ROLE_ARN"]
        self._sqs = boto3.client("sqs")
        self._dynamodb = boto3.client("dynamodb")
        self._sts = boto3.client("sts")
        self._lock = threading.Lock()
        self._configs: dict[str, list[dict[str, Any]]] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._deliveries = ThreadPoolExecutor(16)

    def poll(self) -> None:
        """Receive, process, delete; for ever."""
        with ThreadPoolExecutor(OBJECTS_SIDE_BY_SIDE) as threads:
            while True:
                answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
                messages = answer.get("Messages", [])
                list(threads.map(self._process, [message["Body"] for message in messages]))
                if messages:
                    entries: list[Any] = [
                        {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                        for index, message in enumerate(messages)
                    ]
                    self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)

    def _process(self, body: str) -> None:
        for record in json.loads(body)["Records"]:
            bucket = record["s3"]["bucket"]["name"]
            key = urllib.parse.unquote_plus(record["s3"]["object"]["key"])
            names = dict(part.split("=", 1) for part in key.split("/")[:-1])
            wanted = [
                config
                for config in self._tenant(names["tenant_id"])
                if config.get("enabled", True)
                and names["application"] in config.get("desired_logs", [names["application"]])
            ]
            events = self._events(bucket, key, names) if any("log_group_name" in one for one in wanted) else []
            deliver = partial(self._deliver, bucket=bucket, key=key, names=names, events=events)
            list(self._deliveries.map(deliver, wanted))

    def _events(self, bucket: str, key: str, names: dict[str, str]) -> list[Event]:
        answer = self._client("s3", names["tenant_id"], "").get_object(Bucket=bucket, Key=key)
        events = []
        for line in gzip.decompress(answer["Body"].read()).splitlines():
            record = self._loads(line)
            time = datetime.fromisoformat(record["timestamp"])
            timestamp = int(time.timestamp()) * 1000 + time.microsecond // 1000
            message = record["message"]
            if len(message) * 4 > MAX_EVENT_BYTES:
                events += [{"timestamp": timestamp, "message": piece} for piece in _split(message.encode())]
            elif message:
                events.append({"timestamp": timestamp, "message": message})
        return events

    def _deliver(
        self, config: dict[str, Any], *, bucket: str, key: str, names: dict[str, str], events: list[Event]
    ) -> None:
        if "log_group_name" not in config:
            self._client("s3", names["tenant_id"], "").copy_object(
                Bucket=config["bucket_name"], Key=key, CopySource={"Bucket": bucket, "Key": key}
            )
            return
        logs = self._client("logs", names["tenant_id"], config["log_distribution_role_arn"])
        stream = "/".join((names["cluster_id"], names["application"], names["pod_name"]))
        for batch in _batches(events):
            try:
                logs.put_log_events(logGroupName=config["log_group_name"], logStreamName=stream, logEvents=batch)
            except logs.exceptions.ResourceNotFoundException:
                logs.create_log_stream(logGroupName=config["log_group_name"], logStreamName=stream)
                logs.put_log_events(logGroupName=config["log_group_name"], logStreamName=stream, logEvents=batch)

    def _tenant(self, tenant_id: str) -> list[dict[str, Any]]:
        configs = self._configs.get(tenant_id)
        if configs is None:
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="tenant_id = :tenant",
                ExpressionAttributeValues={":tenant": {"S": tenant_id}},
            )
            configs = self._configs[tenant_id] = [
                {name: value for name, typed in item.items() for value in typed.values()} for item in answer["Items"]
            ]
        return configs

    def _client(self, service: str, tenant_id: str, role_arn: str) -> Any:
        with self._lock:
            key = (service, tenant_id, role_arn)
            if key not in self._clients:
                session = _keys(self._sts.assume_role(RoleArn=self._central_role, RoleSessionName=tenant_id))
                if role_arn:
                    sts = boto3.client("sts", **session)
                    session = _keys(sts.assume_role(RoleArn=role_arn, RoleSessionName=tenant_id))
                self._clients[key] = boto3.client(cast("Any", service), **session)
            return self._clients[key]


def _keys(answer: Any) -> dict[str, Any]:
    session = answer["Credentials"]
    return {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }


def _batches(events: list[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    size = earliest = latest = 0
    for event in events:
        needed = len(event["message"].encode()) + EVENT_OVERHEAD_BYTES
        time = event["timestamp"]
        low, high = (min(earliest, time), max(latest, time)) if batch else (time, time)
        if len(batch) == MAX_BATCH_EVENTS or size + needed > MAX_BATCH_BYTES or high - low > MAX_SPAN_MS:
            yield sorted(batch, key=_time_of)
            batch, size, low, high = [], 0, time, time
        batch.append(event)
        size += needed
        earliest, latest = low, high
    if batch:
        yield sorted(batch, key=_time_of)


def _time_of(event: Event) -> int:
    timestamp: int = event["timestamp"]
    return timestamp


def _split(message: bytes) -> Iterator[str]:
    while len(message) > MAX_EVENT_BYTES:
        end = MAX_EVENT_BYTES
        while message[end] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character of UTF-8
            end -= 1
        yield message[:end].decode()
        message = message[end:]
    yield message.decode()


def main(library: str, pipe: int) -> None:
    """Poll until ended."""
    answer_in_background(pipe)
    loads: Callable[[bytes], Any] = json.loads
    if library == "orjson":
        import orjson  # noqa: PLC0415 - its start belongs to who uses it

        loads = orjson.loads
    Straightforward(loads).poll()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
