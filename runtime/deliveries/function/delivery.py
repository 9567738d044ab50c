"""The delivery method ``function``: role hops, then one synchronous invocation for each request.

The function gets the events with their ids and origin, and says which of them have to come again. An answer that says
nothing is no proof: the request is repeated.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final, cast

import msgspec

from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.event_request import EventRequest, Rejection, Sender, Verdicts
from runtime.deliveries.function.config import FunctionConfig
from runtime.deliveries.method import Delivery
from runtime.deliveries.sessions import CustomerSession
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import (
    BlockedByCustomerError,
    FailedCall,
    Hop,
    RefusedError,
    RequestTooLargeError,
    RetryableError,
    Rule,
    classify,
)

if TYPE_CHECKING:
    from runtime.aws.direct_call import DirectCall

ACTION: Final = "lambda:Invoke"
VERSION: Final = 1
"""Of the payload. Fields may be added; one never changes its meaning."""
MAX_ANSWER_BYTES: Final = 64 * 1024
REFUSED_BY_FUNCTION: Final = "refused-by-function"
_FUNCTION_ERROR: Final = "x-amz-function-error"
_CODES: dict[str, Rule] = {
    "ResourceNotFoundException": (BlockedByCustomerError, "function-missing"),
    "InvalidRequestContentException": (RefusedError, "request-refused"),
    "InvalidParameterValueException": (RefusedError, "request-refused"),
    "RequestTooLargeException": (RequestTooLargeError, "request-too-large"),
    "ResourceConflictException": (RetryableError, "conflict"),
    "ResourceNotReadyException": (RetryableError, "unavailable"),
    "ENILimitReachedException": (BlockedByCustomerError, "customer-limit"),
    "SubnetIPAddressLimitReachedException": (BlockedByCustomerError, "customer-limit"),
}
"""Lambda API reference, Invoke, errors; the general ones are in ``runtime/errors.py``."""
_encode = msgspec.json.Encoder().encode


class _Answer(msgspec.Struct):
    """What the function returns: positions in ``events``. ``failed`` has to be there, as the proof."""

    failed: list[int]
    refused: list[int] = []


_decode = msgspec.json.Decoder(_Answer).decode


class FunctionDelivery(EventMethod):
    """A Lambda function in the customer's account."""

    seam: ClassVar[int] = 2
    config_model: ClassVar[type[DeliveryConfig]] = FunctionConfig

    def open(self, delivery: Delivery) -> Sender:
        """Take the customer's role, before the object is read."""
        config = cast("FunctionConfig", delivery.config)
        session = CustomerSession(
            self._services.role_chain,
            config.tenant_id,
            config.log_distribution_role_arn,
            config.external_id,
            config.allowed_regions,
        )
        with session.renewed():
            session.credentials()
        return _FunctionSender(self._services.clients.direct_call("lambda", "Invoke", config.region), session, config)


class _FunctionSender:
    def __init__(self, call: "DirectCall", session: CustomerSession, config: FunctionConfig) -> None:
        self._call = call
        self._session = session
        self._function = config.function_arn

    def send(self, request: EventRequest) -> Verdicts:
        path = f"/2015-03-31/functions/{self._function}/invocations"
        headers = {"content-type": "application/json", "x-amz-invocation-type": "RequestResponse"}
        try:
            with self._session.renewed():
                response = self._call(self._session.credentials(), headers, payload(request), key=path)
                content = response.read(MAX_ANSWER_BYTES)
                whole = not response.read(1)
                response.close()
        except Exception as error:
            raise classify(error, hop=Hop.DESTINATION, action=ACTION, resource=self._function, codes=_CODES) from error
        if response.headers.get(_FUNCTION_ERROR):
            raise self._failure("function-failed", "the function raised an error, or ran into its time limit")
        if not whole:
            raise self._failure("answer-incomplete", f"the function's answer is over {MAX_ANSWER_BYTES} bytes")
        return self._verdicts(content, len(request.batch))

    def close(self) -> None:
        """Nothing is held."""

    def _verdicts(self, content: bytes, events: int) -> Verdicts:
        try:
            answer = _decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self._failure(
                "answer-incomplete", 'the function has to return {"failed": [positions]}, also where none failed'
            ) from None
        failed = set(answer.failed)
        refused = set(answer.refused) - failed
        if not failed | refused <= set(range(events)):
            raise self._failure("answer-incomplete", "the function names positions that no event has")
        return Verdicts(
            sorted(failed),
            _rejections(sorted(refused)),
            self._failure("events-not-accepted", f"the function failed for {len(failed)} events") if failed else None,
        )

    def _failure(self, reason: str, detail: str) -> RetryableError:
        failure = RetryableError(reason, f"{ACTION} on {self._function}: {detail}")
        failure.call = FailedCall(Hop.DESTINATION.name, ACTION, self._function)
        return failure


def payload(request: EventRequest) -> bytes:
    """Encode one invocation's payload; the messages' literals are copied as they are."""
    delivery, key, batch = request.delivery, request.delivery.object.key, request.batch
    head = _encode(
        {
            "version": VERSION,
            "id": request.id,
            "tenant_id": key.tenant_id,
            "type": delivery.config.type,
            "cluster_id": key.cluster_id,
            "application": key.application,
            "pod_name": key.pod_name,
            "object": key.key,
        }
    )
    events = b",".join(
        b'{"id":"%b","timestamp":%d,"message":%b}' % (each.hex().encode(), timestamp, literal)
        for each, timestamp, literal in zip(request.ids, batch.timestamps, batch.literals, strict=True)
    )
    return b"".join((head[:-1], b',"events":[', events, b"]}"))


def _rejections(positions: Sequence[int]) -> tuple[Rejection, ...]:
    return (Rejection(REFUSED_BY_FUNCTION, positions),) if positions else ()
