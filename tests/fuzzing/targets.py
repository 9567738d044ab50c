"""One target a reader. A target makes an input, reads it, and gives how many things went in and came out."""

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from urllib.parse import quote_plus

from runtime.deliveries.registry import find_methods
from runtime.delivery_config.repository import InvalidItem, read_item
from runtime.errors import CorruptObjectError
from runtime.messages.delivery_message import DeliveryMessage, is_delivery_message
from runtime.messages.envelopes import UnreadableMessageError, read_document
from runtime.messages.notifications import read_notification, record_is_test
from runtime.objects.batches import (
    EVENT_OVERHEAD_BYTES,
    MAX_BATCH_BYTES,
    MAX_BATCH_EVENTS,
    MAX_BATCH_SPAN_MS,
    Batch,
    plan,
)
from runtime.objects.events import ReadStats, read_events
from runtime.objects.key import SEGMENT_NAMES, MalformedKeyError, ObjectKey
from runtime.objects.stream import decompress
from tests.fuzzing.programs import run_program
from tests.fuzzing.text import encoded, mutated, text, value

LAST_MODIFIED_MS: Final = 1_795_000_000_000
MAX_BYTES: Final = 4 * 1024 * 1024
MODELS: Final[Mapping[str, Any]] = {name: class_.config_model for name, class_ in find_methods().items()}


class SilentLossError(AssertionError):
    """Something went in and neither came out nor was counted or refused."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The result of one input: things that went in; of these, read as they are; refused with a reason."""

    inputs: int
    read: int
    refused: int


@dataclass(frozen=True, slots=True)
class Target:
    """A reader. ``share``: of all inputs, in percent."""

    name: str
    share: int
    run: Callable[[Random], Tally]


def lines(random: Random) -> Tally:
    """An object's lines: each but a blank one is an event, split or not; a well-formed one keeps its text."""
    made = [_line(random) for _ in range(random.randint(1, 60))]
    body = b"\n".join(line for line, _ in made) + b"\n" * random.randint(0, 1)
    pieces = random.randint(1, 4)
    step = max(1, len(body) // pieces)
    stats = ReadStats()
    blocks = read_events(
        [body[at : at + step] for at in range(0, len(body), step)], last_modified_ms=LAST_MODIFIED_MS, stats=stats
    )
    batches = list(plan(blocks))
    found = [json.loads(literal) for batch in batches for literal in batch.literals]
    whole = [line for line in body.split(b"\n") if line.strip()]
    for batch in batches:
        _check_limits(batch)
    if len(found) != len(whole) + stats.pieces - stats.split:
        raise SilentLossError(f"{len(whole)} lines gave {len(found)} events")
    expected = [message for _, message in made if message is not None]
    missing = sorted(set(expected) - set(found))
    if missing:
        raise SilentLossError(f"{len(missing)} messages are not among the events")
    return Tally(len(made), len(whole), len(made) - len(whole))


def _line(random: Random) -> tuple[bytes, str | None]:
    """Return a line and, where it is well formed, the text that must come out of it."""
    match random.randrange(10):
        case 0:
            return random.randbytes(random.randint(0, 40)).replace(b"\n", b""), None
        case 1:
            return encoded(value(random)).replace(b"\n", b""), None
        case 2:
            return b" " * random.randint(0, 3), None
        case 3:
            return mutated(random, _event(random)[0]).replace(b"\n", b""), None
    return _event(random)


def _event(random: Random) -> tuple[bytes, str | None]:
    message = text(random)
    stamp = random.choice(
        ("2026-11-24T10:00:00.123456789Z", "2026-11-20T23:59:60Z", "yesterday", 1_795_000_000.5, None)
    )
    document = {"timestamp": stamp, "message": message, text(random, 2) + "-": value(random)}
    is_utf8 = not any("\ud800" <= char <= "\udfff" for char in message)
    return encoded(document), message if is_utf8 else None


def _check_limits(batch: Batch) -> None:
    size = sum(batch.sizes) + EVENT_OVERHEAD_BYTES * len(batch)
    span = batch.timestamps[-1] - batch.timestamps[0]
    if len(batch) > MAX_BATCH_EVENTS or size > MAX_BATCH_BYTES or span > MAX_BATCH_SPAN_MS:
        raise AssertionError(f"a batch over a limit: {len(batch)} events, {size} bytes, {span} ms")
    if list(batch.timestamps) != sorted(batch.timestamps):
        raise AssertionError("a batch out of order")


def keys(random: Random) -> Tally:
    """A key: taken apart into what it was made of, or refused with a reason."""
    values = [text(random, 2) if random.random() < 0.4 else f"name-{random.randrange(1000)}" for _ in range(5)]
    named = [f"{name}={one}" for name, one in zip(SEGMENT_NAMES, values, strict=False)]
    if random.random() < 0.2:
        random.shuffle(named)
    key = "/".join([*named, values[4]])
    try:
        found = ObjectKey.parse(key)
    except MalformedKeyError as error:
        _has_a_reason(error.reason)
        return Tally(1, 0, 1)
    if [found.tenant_id, found.cluster_id, found.application, found.pod_name, found.filename] != values:
        raise SilentLossError("a key was taken for another one")
    return Tally(1, 1, 0)


def bodies(random: Random) -> Tally:
    """A gzip body: all of its bytes, or an error; never fewer bytes without one."""
    plain = [encoded(value(random)) * random.randint(0, 50) for _ in range(random.randint(1, 3))]
    body = b"".join(gzip.compress(one, compresslevel=random.randint(0, 9), mtime=0) for one in plain)
    if random.random() < 0.6:
        body = mutated(random, body)
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        at += min(size, step)
        return body[at - min(size, step) : at]

    step = random.choice((1, 7, 64, 65_536))
    try:
        found = b"".join(decompress(read, max_bytes=MAX_BYTES))
    except CorruptObjectError as error:
        _has_a_reason(error.reason)
        return Tally(1, 0, 1)
    if found != _inflated(body):
        raise SilentLossError("a body was read otherwise than the standard library reads it")
    return Tally(1, 1, 0)


def _has_a_reason(reason: str) -> None:
    if not reason:
        raise SilentLossError("something was refused without a reason")


def _inflated(body: bytes) -> bytes | None:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return None


def items(random: Random) -> Tally:
    """An item of the config table: a config, or an invalid one with its fields named."""
    fields = ("desired_logs", "groups", "cluster_ids", "enabled", "ttl", "target_region", "external_id", "bucket_owner")
    item: dict[str, Any] = {
        "tenant_id": "acme",
        "type": random.choice(("cloudwatch", "s3", "s3:eu", "kafka", text(random, 2))),
    }
    item |= {"bucket_name": "some-bucket", "log_group_name": "/some/group"}
    item["log_distribution_role_arn"] = "arn:aws:iam::222222222222:role/some"
    for name in random.sample((*fields, *item), k=random.randint(0, 4)):
        item[name] = value(random)
    found = read_item(item, MODELS)
    if isinstance(found, InvalidItem):
        assert found.problem
        assert found.fields
        return Tally(1, 0, 1)
    return Tally(1, 1, 0)


def delivery_messages(random: Random) -> Tally:
    """A delivery message: read as it was written whatever is beside it, or refused with a reason."""
    written = DeliveryMessage(
        "bucket", f"tenant_id=acme/{text(random, 3)}", "acme", "cloudwatch", checkpoint=random.randrange(100), attempt=3
    )
    document = json.loads(written.write())
    known = set(document)
    for name in random.sample((*document, text(random, 1) + "-new"), k=random.randint(0, 3)):
        document[name] = value(random)
    as_written = json.loads(written.write())
    # By their JSON: to Python, true and 1 are equal.
    broken = {name for name in known if json.dumps(document[name]) != json.dumps(as_written[name])}
    try:
        read = read_document(json.dumps(document))
        if not is_delivery_message(read):
            return Tally(1, 0, 1)
        found = DeliveryMessage.read(read)
    except UnreadableMessageError as error:
        _has_a_reason(error.reason)
        return Tally(1, 0, 1)
    for name in ("bucket", "key", "tenant_id", "type", "checkpoint", "attempt"):
        if name not in broken and getattr(found, name) != getattr(written, name):
            raise SilentLossError(f"{name} was lost on the way")
    return Tally(1, 1, 0)


def notifications(random: Random) -> Tally:
    """A queue message: every record in it is an object, ignored by name, a test, or unreadable with a reason."""
    records = [_record(random) for _ in range(random.randint(0, 4))]
    document: Any = {"Records": records} if random.random() < 0.8 else value(random)
    body = json.dumps(document)
    if random.random() < 0.5:
        body = json.dumps({"Type": "Notification", "Message": body})
    if random.random() < 0.1:
        body = mutated(random, body.encode()).decode("utf-8", "replace")
        records = []
    try:
        found = read_notification(read_document(body))
    except UnreadableMessageError as error:
        _has_a_reason(error.reason)
        return Tally(1, 0, 1)
    for created in found.created:
        try:
            created.object_key()
        except MalformedKeyError as error:
            _has_a_reason(error.reason)
    out = len(found.created) + len(found.ignored) + len(found.unreadable) + sum(map(record_is_test, records))
    if records and isinstance(document, dict) and out != len(records):
        raise SilentLossError(f"{len(records)} records gave {out}")
    return Tally(1, 1, 0)


def _record(random: Random) -> Any:
    if random.random() < 0.3:
        return value(random)
    key = quote_plus(text(random).encode("utf-8", "surrogatepass"), safe="/")
    entity = {"key": key, "size": random.choice((0, 5, -1, "x", None)), "eTag": value(random, 0)}
    name = random.choice(
        ("ObjectCreated:Put", "s3:ObjectCreated:Copy", "ObjectRemoved:Delete", "s3:TestEvent", None, 7)
    )
    return {"eventName": name, "s3": {"bucket": {"name": random.choice(("central", "", None))}, "object": entity}}


def programs(random: Random) -> Tally:
    """A tenant's program: it runs, or is refused or killed, and this process goes on."""
    ran = run_program(random)
    return Tally(1, int(ran), int(not ran))


TARGETS: Final = (
    Target("lines", 35, lines),
    Target("programs", 15, programs),
    Target("keys", 15, keys),
    Target("gzip bodies", 5, bodies),
    Target("config items", 10, items),
    Target("delivery messages", 10, delivery_messages),
    Target("queue messages", 10, notifications),
)
