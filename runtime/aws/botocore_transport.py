"""Lets botocore's clients send through the one transport, and hold their answers to the table of proofs.

What they send with by themselves takes a status line that was cut for a 200, and a body that was cut for a short one.
Loaded with the first client: botocore takes 0.1 s to import.
"""

import json
import random
from collections.abc import Collection, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, TypedDict, cast
from urllib.parse import urlsplit

from botocore import awsrequest, exceptions
from botocore.parsers import ResponseParserError

from runtime.aws.credentials import current_credentials
from runtime.aws.http_transport import CallLimits, Transport
from runtime.aws.proof import PROOFS, UNREADABLE, check_body, check_head, proof_of
from runtime.aws.response import AnswerIncompleteError, ConnectionClosedError, Response, is_ok

if TYPE_CHECKING:
    from botocore.compat import HTTPHeaders
    from botocore.model import OperationModel, Shape
    from botocore.parsers import ResponseParser, ResponseParserFactory

FIRST_PAUSE_SECONDS = 0.1
_OURS = frozenset({"content-length", "transfer-encoding", "expect"})
"""Headers that say how a body is sent: always whole, with its length. None of them is signed."""


class BotocoreAnswerIncompleteError(AnswerIncompleteError, exceptions.BotoCoreError):
    """The same, for callers that know botocore's errors."""

    fmt = "{action}: the answer has no proof of success: {missing}"

    def __init__(self, action: str, missing: str) -> None:
        exceptions.BotoCoreError.__init__(self, action=action, missing=missing)
        self.action = action
        self.missing = missing


class BotocoreTransport:
    """A client's ``http_session``: its one method that is called sends a request."""

    def __init__(self, transport: Transport, limits: CallLimits) -> None:
        self._transport = transport
        self._limits = limits

    def send(self, request: awsrequest.AWSPreparedRequest) -> awsrequest.AWSResponse:
        """Send it.

        :raises botocore.exceptions.HTTPClientError: no response, or not a whole one.
        :raises runtime.aws.request_head.UnsafeRequestError: a header isn't visible ASCII.
        """
        parts, body = urlsplit(request.url), _body(request.body)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        headers = {"host": parts.netloc} | {name: value for name, value in headers.items() if name not in _OURS}
        if body or request.method in ("POST", "PUT"):
            headers["content-length"] = str(len(body))
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        streams = bool(request.stream_output)
        try:
            response = self._transport.send(
                request.method, f"{parts.scheme}://{parts.netloc}", target, headers, body,
                limits=self._limits, streams=streams,
            )  # fmt: skip
            named = cast("HTTPHeaders", response.headers)  # it takes any mapping
            answer = awsrequest.AWSResponse(request.url, response.status, named, _Raw(response))
            if not streams:
                answer.content  # noqa: B018 - reads it here, where what fails is known for what it is
        except TimeoutError as error:
            raise exceptions.ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except ConnectionClosedError as error:
            raise exceptions.ConnectionClosedError(endpoint_url=request.url, error=error) from error
        return answer

    def close(self) -> None:
        """Nothing is held: the transport serves others, too."""


class _Raw:
    """A response's body as botocore reads it."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def read(self, amt: int | None = None) -> bytes:
        return self._response.read(-1 if amt is None else amt)

    def stream(self) -> Iterator[bytes]:
        yield self._response.read(-1)

    def close(self) -> None:
        self._response.close()


class _HttpAnswer(TypedDict):
    """What botocore's parsers read."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes


type _Answer = tuple[awsrequest.AWSResponse, Mapping[str, object]]
"""What a handler of ``needs-retry`` is given: the answer, and its members."""


class _Request(TypedDict):
    """The part of botocore's request that is read here."""

    body: bytes


class _Parsers:
    """Makes parsers that don't raise where a body isn't of the service's form: botocore's error quotes the body."""

    def __init__(self, parsers: "ResponseParserFactory") -> None:
        self._parsers = parsers

    def create_parser(self, protocol: str) -> "_Parser":
        return _Parser(self._parsers.create_parser(protocol))


class _Parser:
    def __init__(self, parser: "ResponseParser") -> None:
        self._parser = parser

    def parse(self, response: _HttpAnswer, shape: "Shape") -> dict[str, object]:
        try:
            parsed: dict[str, object] = self._parser.parse(response, shape)
        except ResponseParserError:
            code = response["status_code"]
            parsed = {"ResponseMetadata": {"HTTPStatusCode": code, "HTTPHeaders": response["headers"]}}
            parsed |= {UNREADABLE: True} if is_ok(code) else {"Error": {"Code": str(code), "Message": "unreadable"}}
        return parsed


def prepare(
    client: Any, transport: Transport, limits: CallLimits, attempts: int, unrepeatable: Collection[str] = ()
) -> None:
    """Make a client send, sign and judge as the rest of the runtime does.

    :param attempts: how often a call is made at most, also where an answer lacks its proof.
    :param unrepeatable: operations that aren't made again where they may have taken effect.
    """
    endpoint = client._endpoint  # noqa: SLF001 - botocore is pinned, and what depends on this is tested
    endpoint.http_session = BotocoreTransport(transport, limits)
    endpoint._response_parser_factory = _Parsers(endpoint._response_parser_factory)  # noqa: SLF001 - as above
    events = client.meta.events
    events.register("before-call", refuse_unknown_action)
    events.register("before-call", _sign_as_current)

    def repeat_unproven(
        *, response: _Answer | None, operation: "OperationModel", attempts: int, request_dict: _Request, **_: object
    ) -> float | None:
        may_repeat = attempts < most and operation.name not in unrepeatable
        return _repeat_unproven(response, operation, request_dict, may_repeat=may_repeat)

    most = attempts
    events.register("needs-retry", repeat_unproven)
    for name in unrepeatable:
        events.register_first(f"needs-retry.*.{name}", _raise_unanswered)


def refuse_unknown_action(*, model: "OperationModel", **_: object) -> None:
    """Refuse a call whose action has no row of proof (handler of ``before-call``)."""
    proof_of(model.service_model.service_name, model.name)


def _sign_as_current(*, context: dict[str, dict[str, object]], **_: object) -> None:
    """Set botocore's signer to the credentials of ``use_credentials``, if any (handler of ``before-call``)."""
    credentials = current_credentials()
    if credentials is None:
        return
    from botocore.credentials import Credentials as Signing  # noqa: PLC0415 - loaded by then

    signing = Signing(credentials.access_key, credentials.secret_key, credentials.token)
    # The resolved endpoint's signing name and Region may be in there already, in a dict that botocore shares.
    context["signing"] = {**context.get("signing", {}), "request_credentials": signing}


def _raise_unanswered(*, caught_exception: Exception | None, **_: object) -> None:
    """Keep botocore from repeating a call without an answer, which may have taken effect."""
    if caught_exception is not None:
        raise caught_exception


def _repeat_unproven(
    response: _Answer | None, operation: "OperationModel", request: _Request, *, may_repeat: bool
) -> float | None:
    """Judge a successful answer; return the pause before the next attempt, in seconds, where its proof is missing."""
    if response is None or not is_ok(response[0].status_code):
        return None
    http, members = response
    service, name = operation.service_model.service_name, operation.name
    if name not in PROOFS.get(service, {}):
        return None  # such a call was refused before it was sent; only tests set their scene with some
    headers = {key.lower(): value for key, value in http.headers.items()}
    try:
        check_head(service, name, headers)
        if not operation.has_streaming_output:
            check_body(service, name, headers, http.content, members, request=_sent(service, request))
    except AnswerIncompleteError as error:
        http.raw.close()
        if may_repeat:
            return random.uniform(0, FIRST_PAUSE_SECONDS)  # noqa: S311 - jitter
        raise BotocoreAnswerIncompleteError(error.action, error.missing) from None
    return None


def _sent(service: str, request: _Request) -> dict[str, object]:
    """Return the request's members, of the two services where a row needs them."""
    members: dict[str, object] = json.loads(request["body"]) if service in ("sqs", "dynamodb") else {}
    return members


def _body(body: str | bytes | bytearray | IO[bytes] | IO[str] | None) -> bytes:
    """Return a request's body whole; what botocore frames by itself (``aws-chunked``) can be read like a file."""
    if body is None:
        return b""
    content = body if isinstance(body, str | bytes | bytearray) else body.read()
    return content.encode() if isinstance(content, str) else bytes(content)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
