"""The table of proofs: complete, true to the SDK's descriptions, and asked on every way a call can go."""

import ast
from pathlib import Path
from zlib import crc32

import pytest
from botocore import xform_name
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from runtime.aws.clients import ATTEMPTS, UNREPEATABLE, AwsClients
from runtime.aws.proof import PROOFS
from runtime.aws.response import AnswerIncompleteError
from runtime.errors import Hop, RetryableError, classify
from tests.unit.runtime.aws.service import Server, document, whole

ROOT = Path(__file__).parents[4]
ROWS = [(service, operation) for service, rows in PROOFS.items() for operation in rows]
HOT = [
    ("dynamodb", "Query"),
    *(("sqs", name) for name in ("ReceiveMessage", "DeleteMessageBatch", "ChangeMessageVisibilityBatch")),
    ("sts", "AssumeRole"),
    ("logs", "PutLogEvents"),
]
JSON = ("dynamodb", "sqs", "logs")
REPLAYS = {"list_replays", "start_replay", "cancel_replay"}
NOT_AWS = {"subscribe", "list_topics", "get_template", "create_connection", *REPLAYS}
"""An object's readers, Kafka's topics, a page's template, sockets, our replays: AWS has operations of these names."""
LOADER = create_loader()


def model(service):
    return ServiceModel(LOADER.load_service_model(service, "service-2"), service)


MODELS = {service: model(service) for service in PROOFS}
BY_METHOD = {}
for _service, _model in MODELS.items():
    for _operation in _model.operation_names:
        BY_METHOD.setdefault(xform_name(_operation), []).append((_service, _operation))
NAMES = {name for name in BY_METHOD if "_" in name} - NOT_AWS
"""Of methods that are no English word: wherever one stands as a text, it is a call's."""


def calls_in(source):
    """Find the actions that a module calls: methods and paginators of clients, and hot calls."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if node.func.attr in ("call", "direct_call") and len(texts) >= 2 and ":" not in texts[0]:
                yield [(texts[0], texts[1])]
            elif node.func.attr in ("get_paginator", "get_waiter") and texts and texts[0] not in NAMES:
                yield BY_METHOD.get(texts[0], [("?", texts[0])])
        if isinstance(node, ast.Attribute) and node.attr in BY_METHOD and node.attr not in NOT_AWS:
            yield BY_METHOD[node.attr]
        if isinstance(node, ast.Constant) and node.value in NAMES:  # to be looked up by its name
            yield BY_METHOD[node.value]


def test_every_call_has_a_row_and_every_row_a_call():
    """A new call would be believed whatever comes back, or the table speak of what nobody calls."""
    found, services, missing = set(), set(), []
    for folder in ("runtime", "cli"):
        for file in (ROOT / folder).rglob("*.py"):
            source = file.read_text()
            for candidates in calls_in(source):
                known = [one for one in candidates if one in ROWS]
                found.update(known)
                if not known:
                    missing.append((str(file.relative_to(ROOT)), candidates))
            services |= {
                node.args[0].value
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "client"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            }
    assert missing == [], "add a row to runtime/aws/proof.py for each"
    assert found == set(ROWS)
    assert services <= set(PROOFS)


@pytest.mark.parametrize(
    "line",
    [
        "self._sqs.purge_queue(QueueUrl=url)",
        'c.get_paginator("list_parts")',
        'c.call("sqs", "Purge", {})',
        'getattr(client, "purge_queue")()',
    ],
)
def test_a_call_without_a_row_is_found(line):
    """The test above could not fail."""
    (candidates,) = calls_in(line)
    assert not [one for one in candidates if one in ROWS]


@pytest.mark.parametrize(("service", "operation"), ROWS)
def test_a_row_names_what_the_sdk_describes(service, operation):
    """A proof that no answer can hold would make every call fail."""
    described, row = MODELS[service].operation_model(operation), PROOFS[service][operation]
    output = described.output_shape
    members = output.members if output else {}
    for name in row.members:
        shape = output
        for part in name.split("."):
            shape = shape.members[part]
        first = members[name.partition(".")[0]]
        assert first.serialization.get("location") != "header", "belongs to headers"
    headers = {shape.serialization["name"].lower() for shape in members.values() if "name" in shape.serialization}
    assert set(row.headers) <= headers
    if row.entries:
        assert {"Successful", "Failed"} <= set(members)
        assert "Entries" in described.input_shape.members
    assert row.entries is (operation.endswith("Batch"))


def sample(shape):
    """Make the least that an input of this shape may be."""
    if shape.type_name == "structure":
        return {name: sample(shape.members[name]) for name in shape.required_members}
    if shape.type_name == "list":
        return [sample(shape.member)]
    if shape.type_name == "map":
        return {"key": sample(shape.value)}
    if shape.type_name == "string":
        return shape.enum[0] if getattr(shape, "enum", None) else "a" * max(3, shape.metadata.get("min", 3))
    return {"boolean": True, "blob": b"x"}.get(shape.type_name, 1)


def least_request(service, operation):
    """Make the least input of an action."""
    request = sample(MODELS[service].operation_model(operation).input_shape)
    if service == "lambda":
        request |= {"FunctionName": "function"} if "FunctionName" in request else {}
    if operation == "TransactWriteItems":
        request = {"TransactItems": [{"Delete": {"TableName": "table", "Key": {"k": {"S": "v"}}}}]}
    return request


class Service(Server):
    """A service on loopback that gives every request the same answer."""

    def __init__(self):
        super().__init__()
        self.raw = b""

    def _send(self, connection, answer):
        raise NotImplementedError

    def converse(self, connection):
        with connection, connection.makefile("rb") as stream:
            while first := stream.readline():
                headers = {}
                while line := stream.readline().strip():
                    name, _, value = line.decode().partition(": ")
                    headers[name.lower()] = value
                stream.read(int(headers.get("content-length", 0)))
                self.requests.append(first)
                connection.sendall(self.raw)


@pytest.fixture(scope="module")
def world():
    """Yield a service, and clients that find it; they make no pauses."""
    with pytest.MonkeyPatch.context() as patch:
        service = Service()
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_ENDPOINT_URL", service.url)
        for module in ("clients", "botocore_transport"):
            patch.setattr(f"runtime.aws.{module}.FIRST_PAUSE_SECONDS", 0.0)
        clients = AwsClients("us-east-1")
        yield service, clients
        clients.forget()
        service.close()


def call(world, raw, service, operation, *, hot, reads=False):
    """Make a call and return what it raised, with how many requests it took."""
    server, clients = world
    server.raw = raw
    server.requests.clear()
    request = least_request(service, operation)
    error = None
    try:
        if hot:
            clients.call(service, operation, request)
        else:
            answer = getattr(clients.client(service), xform_name(operation))(**request)
            for body in (answer.get("Body"), answer.get("Payload")):
                if body is not None and reads:
                    body.read()
                elif body is not None:
                    body.close()
    except Exception as raised:  # noqa: BLE001 - what it is, is the test
        error = raised
    return error, len(server.requests)


WAYS = [(*row, False) for row in ROWS] + [(*row, True) for row in HOT]


@pytest.mark.parametrize("body", [b"", b"{}"])
@pytest.mark.parametrize(("service", "operation", "hot"), WAYS)
def test_a_success_without_a_request_id_is_none(world, service, operation, hot, body):
    """Whatever sits in between could make a call count as done that no service has seen."""
    error, requests = call(world, whole(body, extra=""), service, operation, hot=hot)
    assert error is not None
    assert requests == (1 if operation in UNREPEATABLE else ATTEMPTS.get(service, 1))
    failure = classify(error, hop=Hop.EXECUTION)
    no_xml = service == "s3" and body and not isinstance(error, AnswerIncompleteError)  # the SDK makes it a 500
    assert (type(failure), failure.reason) == (RetryableError, "unavailable" if no_xml else "answer-incomplete")


@pytest.mark.parametrize(("service", "operation", "hot"), WAYS)
def test_an_empty_success_is_one_only_where_the_service_may_send_it(world, service, operation, hot):
    """A list, a copy or a message that isn't there would be read as an empty list, a copy and a sent message."""
    row = PROOFS[service][operation]
    error, _ = call(world, whole(b""), service, operation, hot=hot)
    needs_more = bool(row.members or row.headers or row.entries or row.document)
    assert isinstance(error, AnswerIncompleteError) if needs_more else error is None


@pytest.mark.parametrize(
    ("service", "operation", "hot"), [way for way in WAYS if way[0] in ("dynamodb", "sqs", "logs")]
)
def test_an_error_document_is_no_success_whatever_its_status(world, service, operation, hot):
    """A proxy's or an emulator's 200 around an error would count as done."""
    error, _ = call(world, document({"__type": "InternalFailure"}), service, operation, hot=hot)
    assert isinstance(error, AnswerIncompleteError)


@pytest.mark.parametrize(("service", "operation", "hot"), WAYS)
def test_a_head_that_is_cut_is_no_success(world, service, operation, hot):
    """The library below would take ``200 O`` for a 200."""
    server, clients = world
    clients._transport.forget()
    raw, server.converse = b"HTTP/1.1 200 O", _cut(server)
    try:
        error, requests = call(world, raw, service, operation, hot=hot)
    finally:
        del server.converse
        clients._transport.forget()
    assert classify(error, hop=Hop.EXECUTION).reason == "connection"
    assert operation not in UNREPEATABLE or requests == 1  # it may have taken effect


@pytest.mark.parametrize(("service", "operation", "hot"), WAYS)
def test_a_head_without_its_body_is_no_success(world, service, operation, hot):
    """A connection that was closed in good order after the head would make a call count as done."""
    server, clients = world
    clients._transport.forget()
    proof = "ETag: e\r\nLast-Modified: Mon, 23 Nov 2026 10:15:00 GMT\r\n"
    raw = f"HTTP/1.1 200 OK\r\nx-amzn-RequestId: r\r\n{proof}Content-Length: 100\r\n\r\n".encode()
    server.converse = _cut(server)
    try:
        error, _ = call(world, raw, service, operation, hot=hot, reads=True)
    finally:
        del server.converse
        clients._transport.forget()
    if operation.startswith("Head"):
        assert error is None  # whose answers have no body
    else:
        assert classify(error, hop=Hop.EXECUTION).reason == "connection"


def _cut(server):
    def converse(connection):
        with connection:
            connection.recv(1 << 16)
            server.requests.append(b"")
            connection.sendall(server.raw)

    return converse


ITEMS = b'{"Items":[],"Count":0}'


@pytest.mark.parametrize("hot", [True, False])
@pytest.mark.parametrize(("sent", "good"), [(crc32(ITEMS), True), (crc32(ITEMS) ^ 1, False), ("", False)])
def test_a_tables_checksum_is_compared(world, hot, sent, good):
    """An answer that was changed on its way would be taken for the tenant's configs."""
    raw = whole(ITEMS, extra=f"x-amzn-RequestId: r\r\nx-amz-crc32: {sent}\r\n")
    error, _ = call(world, raw, "dynamodb", "Query", hot=hot)
    assert (error is None) is good


def test_a_count_has_no_items(world):
    """Waiting deliveries could not be counted."""
    server, clients = world
    server.raw = document({"Count": 3, "ScannedCount": 3})
    assert clients.client("dynamodb").query(TableName="table", Select="COUNT")["Count"] == 3


@pytest.mark.parametrize("answered", [[], [{"Id": "other"}]])
def test_a_batch_that_says_nothing_of_an_entry_is_not_done(world, answered):
    """A message would count as deleted, come again and be delivered twice."""
    server, clients = world
    entries = [{"Id": "0", "ReceiptHandle": "r"}, {"Id": "1", "ReceiptHandle": "r"}]
    server.raw = document({"Successful": [{"Id": "0"}, *answered], "Failed": []})
    with pytest.raises(AnswerIncompleteError, match="entry 1"):
        clients.call("sqs", "DeleteMessageBatch", {"QueueUrl": "u", "Entries": entries})
    server.raw = document({"Successful": [{"Id": "0"}], "Failed": [{"Id": "1", "Code": "c", "SenderFault": True}]})
    assert clients.call("sqs", "DeleteMessageBatch", {"QueueUrl": "u", "Entries": entries})["Failed"]
