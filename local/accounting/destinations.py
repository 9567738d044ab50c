"""Reading everything a destination holds, as its owner."""

import json
from collections.abc import Iterator
from typing import Any

from local.accounting.events import SentEvent, stream_of, text_of


def log_group_events(logs: Any, group: str) -> list[SentEvent]:
    """Return all events of a log group, stream by stream, in the order in which CloudWatch gives them."""
    names = [
        stream["logStreamName"]
        for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
        for stream in page["logStreams"]
    ]
    return [event for name in names for event in _stream_events(logs, group, name)]


def _stream_events(logs: Any, group: str, stream: str) -> Iterator[SentEvent]:
    """Read forward until the token stays the same: that is how GetLogEvents says that there is no more."""
    answer = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)
    token = None
    while token != answer["nextForwardToken"]:
        yield from (SentEvent(stream, event["timestamp"], event["message"]) for event in answer["events"])
        token = answer["nextForwardToken"]
        answer = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, nextToken=token)


def bucket_objects(s3: Any, bucket: str, prefix: str) -> dict[str, bytes]:
    """Return the bodies of all objects under a prefix, by key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def set_aside_events(s3: Any, central_bucket: str, tenant_id: str, type_: str) -> list[SentEvent]:
    """Return the events of one delivery config that were set aside, where they would have been."""
    bodies = bucket_objects(s3, central_bucket, f"set-aside/tenant_id={tenant_id}/").values()
    lines = [json.loads(line) for body in bodies for line in text_of(body).splitlines()]
    return [
        SentEvent(stream_of(line["object"]), line["timestamp"], line["message"])
        for line in lines
        if line["delivery"] == type_
    ]
