"""The egress policy: which addresses that a customer can influence may be connected to (contract §11).

One parser, and a strict one: what two parsers could read as two hosts is refused. A name is resolved once, every
address that it has must pass, and the connection goes to an address that was checked.
"""

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from runtime.endpoints.addresses import address_problem
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError

HTTPS_PORT: Final = 443
MAX_URL: Final = 2_048
"""Ours, characters: what proxies and servers take without asking."""
ADDRESS_REFUSED: Final = "address-refused"
UNKNOWN_HOST: Final = "unknown-host"
RESOLVER_UNAVAILABLE: Final = "resolver-unavailable"
_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?]*)(?P<target>[/?][!$&'()*+,\-./0-9:;=?@A-Z_a-z~%]*)?")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_AUTHORITY = re.compile(r"(?P<host>[^:\[\]]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a last label of this form makes the host an IPv4 address (WHATWG URL)
_MAX_NAME = 253  # RFC 1035, 2.3.4, as text
_MAX_PORT = 65_535
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_UNKNOWN = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})

type Resolver = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class CustomerEndpoint:
    """A URL of a customer's that the policy lets through, in its parts.

    :param host: lower-case ASCII. :param target: path and query, percent-encoded.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port: what may stand in logs and records. A path may hold a customer's token."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """The ``Host`` header's value."""
        return self.host if self.port == HTTPS_PORT and self.scheme == "https" else f"{self.host}:{self.port}"


class AddressError(ValueError):
    """A URL or an authority that the policy refuses; the message says why and quotes nothing."""


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What may be connected to.

    :param ports: of URLs. :param allow_loopback: for tests and the local cloud: loopback passes, by any port, and by
        plain http, too.
    """

    ports: frozenset[int] = frozenset({HTTPS_PORT})
    allow_loopback: bool = False

    def parse(self, url: str) -> CustomerEndpoint:
        """Return a URL's parts, without asking a resolver.

        :raises AddressError: it isn't allowed.
        """
        if len(url) > MAX_URL:
            raise AddressError(f"must have at most {MAX_URL} characters")
        if not url.isascii():
            raise AddressError("must be ASCII: write an international name in its xn-- form, other characters as %XX")
        found = _URL.fullmatch(url)
        if found is None:
            raise AddressError("must be https://host/path: no blanks, backslashes, control characters or fragment")
        target = found["target"] or "/"
        if _PERCENT.search(target):
            raise AddressError("has a % that two hexadecimal digits don't follow")
        host, port = self._authority(found["authority"])
        loopback = self.allow_loopback and host in _LOOPBACK_HOSTS
        if found["scheme"] != "https" and not loopback:
            raise AddressError("must begin with https://")
        port = port or (HTTPS_PORT if found["scheme"] == "https" else 80)
        if port not in self.ports and not loopback:
            raise AddressError(f"must use port {' or '.join(map(str, sorted(self.ports)))}")
        return CustomerEndpoint(found["scheme"], host, port, target if target[0] == "/" else f"/{target}")

    def check(self, url: str) -> CustomerEndpoint:
        """Return a URL's parts, as ``parse``, when a delivery wants them.

        :raises BlockedByCustomerError: ``address-refused``.
        """
        try:
            return self.parse(url)
        except AddressError as error:
            raise BlockedByCustomerError(ADDRESS_REFUSED, f"the URL {error}") from None

    def check_peer(self, text: str, ports: frozenset[int] | None = None) -> tuple[str, int]:
        """Return host and port of ``host:port``, an entry of a list of servers.

        :param ports: which are allowed; ``None``: any.
        :raises BlockedByCustomerError: ``address-refused``.
        """
        try:
            host, port = self._authority(text)
        except AddressError as error:
            raise BlockedByCustomerError(ADDRESS_REFUSED, f"a server's address {error}") from None
        if port is None or (ports is not None and port not in ports):
            raise BlockedByCustomerError(ADDRESS_REFUSED, "a server's address must be host:port, of an allowed port")
        return host, port

    def resolve(self, host: str, port: int, *, resolver: Resolver | None = None) -> list[str]:
        """Return every IP address of a host, IPv4 first; each has been checked.

        :raises BlockedByCustomerError: ``address-refused``: one of them isn't allowed; ``unknown-host``.
        :raises RetryableError: ``resolver-unavailable``.
        """
        try:
            found = (resolver or system_resolver)(host.strip("[]"), port)
        except OSError as error:
            raise _unresolved(host, error) from error
        if not found:
            raise BlockedByCustomerError(UNKNOWN_HOST, f"{host} has no address")
        for text in found:
            self.check_address(host, text)
        return sorted(dict.fromkeys(found), key=lambda text: ip_address(text).version)

    def check_address(self, host: str, text: str) -> None:
        """Check one IP address that a host's name, or a server, gives.

        :raises BlockedByCustomerError: ``address-refused``.
        """
        problem = address_problem(text, allow_loopback=self.allow_loopback)
        if problem is not None:
            raise BlockedByCustomerError(
                ADDRESS_REFUSED, f"{host} has an address that isn't connected to ({problem}); it must be public"
            )

    def _authority(self, text: str) -> tuple[str, int | None]:
        if "@" in text:
            raise AddressError("must not hold a user or password")
        found = _AUTHORITY.fullmatch(text)
        if found is None:
            raise AddressError("has no host, or one that isn't a name")
        host, port = found["host"], found["port"]
        if port is not None and not 0 < int(port) <= _MAX_PORT:
            raise AddressError("has a port that doesn't exist")
        if not (self.allow_loopback and host in _LOOPBACK_HOSTS):
            _require_name(host)
        return host, int(port) if port else None


def _require_name(host: str) -> None:
    labels = host.split(".")
    if host != host.lower():
        raise AddressError("must have its host in lower case")
    if _NUMBER.fullmatch(labels[-1]) or host.startswith("["):
        raise AddressError("must name its host: no IP address in any form")
    if len(labels) < 2 or len(host) > _MAX_NAME or not all(_LABEL.fullmatch(label) for label in labels):  # noqa: PLR2004 - a name and its domain
        raise AddressError("must have a full host name, such as logs.example.com")


def system_resolver(host: str, port: int) -> list[str]:
    """Return what the machine's resolver has for a name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _unresolved(host: str, error: OSError) -> DeliveryError:
    if isinstance(error, socket.gaierror) and error.errno in _UNKNOWN:
        return BlockedByCustomerError(UNKNOWN_HOST, f"{host} isn't known")
    return RetryableError(RESOLVER_UNAVAILABLE, f"{host} can't be resolved at the moment")
