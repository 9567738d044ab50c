"""One request to a customer's endpoint: to an address that was checked, with a total deadline, its answer bounded."""

import hashlib
import ssl
from collections.abc import Mapping
from typing import Final

from runtime import scheduling
from runtime.aws.connection_pool import ConnectionPool
from runtime.aws.http_transport import CallLimits, HttpTransport
from runtime.aws.request_head import UnsafeRequestError
from runtime.aws.response import ConnectionClosedError, ResponseTooLargeError
from runtime.bounded_map import BoundedMap
from runtime.endpoints.address_book import AddressBook
from runtime.endpoints.classify_http import EndpointAnswer, classify_failure
from runtime.endpoints.egress import CustomerEndpoint
from runtime.errors import DeliveryError
from runtime.time_budget import TimeBudget

MAX_ANSWER_BYTES: Final = 64 * 1024
ATTEMPT_SECONDS: Final = 30.0
"""Ours: from the name's resolution to the answer's last byte, whatever drips."""
CONNECT_SECONDS: Final = 5.0
IDLE_PER_ENDPOINT: Final = 4
IDLE_IN_ALL: Final = 128  # a function has 1,024 descriptors (Lambda quotas)
AUTHORITIES: Final = 32  # customers' own ones, each a TLS context of some 100 KiB with at most IDLE_OF_ONE connections
IDLE_OF_ONE: Final = 4
_USER_AGENT: Final = "logrouter"


class EndpointClient:
    """Shared by all threads, one a process: thousands of endpoints share a bounded number of idle connections.

    No proxy is used and no redirect followed.

    :param book: gives the checked addresses. :param transport: for endpoints whose config names no authority; ``None``:
        one that trusts whom the SDK trusts.
    """

    def __init__(self, book: AddressBook, *, transport: HttpTransport | None = None) -> None:
        self._book = book
        self._public = transport or HttpTransport(pool=ConnectionPool(IDLE_PER_ENDPOINT, IDLE_IN_ALL))
        self._private: BoundedMap[str, HttpTransport] = BoundedMap(AUTHORITIES)
        self._lock = scheduling.lock()

    def post(
        self,
        endpoint: CustomerEndpoint,
        headers: Mapping[str, str],
        body: bytes,
        budget: TimeBudget,
        *,
        ca: str | None = None,
    ) -> EndpointAnswer:
        """Send one POST and return the answer, whatever its status.

        :param headers: in addition to host, length and agent. :param ca: PEM certificates, which alone are trusted.
        :raises DeliveryError: no whole answer; classified, with the endpoint's origin as its resource.
        """
        seconds = min(ATTEMPT_SECONDS, budget.remaining())
        deadline = scheduling.monotonic() + seconds
        try:
            address = self._book.address(endpoint.host, endpoint.port, min(CONNECT_SECONDS, seconds))
        except DeliveryError as error:
            raise classify_failure(error, endpoint.origin) from None
        left = max(0.0, deadline - scheduling.monotonic())
        limits = CallLimits(CONNECT_SECONDS, left, left, max_body_bytes=MAX_ANSWER_BYTES)
        sent = {
            "host": endpoint.authority,
            "user-agent": _USER_AGENT,
            "content-length": str(len(body)),
            **headers,
        }
        try:
            response = self._transport(ca).send(
                "POST", endpoint.origin, endpoint.target, sent, body, limits=limits, address=address
            )
            content, whole = response.read(-1), True
        except ResponseTooLargeError:
            content, whole = b"", False
        except (TimeoutError, ConnectionClosedError, UnsafeRequestError) as error:
            self._book.note_failure(endpoint.host, endpoint.port)
            raise classify_failure(error, endpoint.origin) from error
        return EndpointAnswer(endpoint.origin, response.status, response.headers, content, whole)

    def close(self) -> None:
        """Close idle connections, and resolve no further name."""
        self._book.close()
        with self._lock:
            transports = [self._public, *self._private.values()]
        for transport in transports:
            transport.forget()

    def _transport(self, ca: str | None) -> HttpTransport:
        """Return the transport of an authority: connections of one are never used under another."""
        if ca is None:
            return self._public
        key = hashlib.sha256(ca.encode()).hexdigest()
        with self._lock:
            found = self._private.get(key)
            if found is None:
                while len(self._private) >= AUTHORITIES:
                    self._private.popitem(last=False)[1].forget()
                found = self._private[key] = HttpTransport(
                    authorities=lambda: ssl.create_default_context(cadata=ca),
                    pool=ConnectionPool(IDLE_OF_ONE, IDLE_OF_ONE),
                )
            else:
                self._private.move_to_end(key)
            return found
