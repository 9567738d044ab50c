"""An object of the central bucket becomes batches: one GetObject, streamed."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials
from runtime.aws.response import Response
from runtime.errors import SOURCE_DENIED, DeliveryError, Hop, PermanentError, Rule, classify
from runtime.objects.batches import Batch, plan
from runtime.objects.events import ReadStats, read_events
from runtime.objects.presence import is_gone
from runtime.objects.stored_object import StoredObject
from runtime.objects.stream import decompress
from runtime.time_budget import TimeBudget

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CODES: dict[str, Rule] = {
    "NoSuchKey": (PermanentError, "object-gone"),
    "NoSuchVersion": (PermanentError, "object-gone"),
    "PreconditionFailed": (PermanentError, "object-changed"),
}


class ObjectBody(Protocol):
    """An object that is being read. ``last_modified_ms`` is epoch milliseconds."""

    last_modified_ms: int

    def read(self, size: int) -> bytes:
        """Return up to ``size`` stored (compressed) bytes, empty bytes at the end."""

    def close(self) -> None:
        """Return the connection to the pool, or close it."""


OpenBody = Callable[[], ObjectBody]


def read_batches(
    open_body: OpenBody, *, max_uncompressed_bytes: int, stats: ReadStats, budget: TimeBudget
) -> Generator[Batch]:
    """Read an object from its beginning; S3 is called when the first batch is requested.

    The budget bounds the reading itself: an object that gives no batch for minutes is left in time, too.

    :raises runtime.errors.OutOfTimeError: the budget is spent.
    :raises runtime.errors.CorruptObjectError: after the batches that precede the defect.
    :raises runtime.errors.DeliveryError: the object is gone, or the read broke off.
    """
    with closing(open_body()) as body:
        chunks = decompress(body.read, max_bytes=max_uncompressed_bytes, check_time=budget.check)
        yield from plan(read_events(chunks, last_modified_ms=body.last_modified_ms, stats=stats))


@dataclass(frozen=True, slots=True)
class S3Opener:
    """Opens one object with GetObject, as the central role acting for the object's tenant.

    :param credentials: gives a session that may read the tenant's objects.
    """

    clients: AwsClients
    object: StoredObject
    credentials: Callable[[], Credentials]

    def __call__(self) -> ObjectBody:
        """Get the object; its ETag, if known, must be the one in the notification.

        :raises runtime.errors.DeliveryError: permanent where the object is gone or another by now.
        """
        query, headers = {}, {}
        if self.object.version_id:
            query["versionId"] = self.object.version_id
        elif self.object.etag:
            headers["if-match"] = f'"{self.object.etag.strip('"')}"'
        bucket, credentials = self.object.bucket, self.credentials()
        try:
            call = self.clients.direct_call("s3", "GetObject", method="GET", streams=True, bucket=bucket)
            body = call(credentials, headers, key=self.object.key.key, query=query)
            last_modified = _http_date(body.headers["last-modified"])
        except Exception as error:
            failure = self._failure(error)
            if failure.reason == SOURCE_DENIED and is_gone(self.clients, self.object, credentials):
                failure = PermanentError("object-gone", failure.detail)
            raise failure from error
        return _S3Body(body, int(last_modified.timestamp()) * 1000, self._failure)

    def _failure(self, error: Exception) -> DeliveryError:
        resource = f"s3://{self.object.bucket}/{self.object.key.key}"
        return classify(error, hop=Hop.SOURCE, action="s3:GetObject", resource=resource, codes=_CODES)


class _S3Body:
    def __init__(self, body: Response, last_modified_ms: int, failure: Callable[[Exception], Exception]) -> None:
        self.last_modified_ms = last_modified_ms
        self._body = body
        self._failure = failure

    def read(self, size: int) -> bytes:
        try:
            return self._body.read(size)
        except Exception as error:
            raise self._failure(error) from error

    def close(self) -> None:
        self._body.close()


def _http_date(text: str) -> datetime:
    """Read ``Mon, 23 Nov 2026 10:00:00 GMT``, the one form that a service may send (RFC 9110, IMF-fixdate)."""
    _, day, month, year, clock, _ = text.split()
    hour, minute, second = map(int, clock.split(":"))
    return datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
