"""The proxy of the environment, as the SDK and most programs read it: ``HTTPS_PROXY`` and ``NO_PROXY``.

Only TLS goes through one (CONNECT, RFC 9110 9.3.6): what is called without TLS is an emulator on loopback.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit

DEFAULT_PORT = 80


class Proxy(NamedTuple):
    """Where to connect; ``headers`` are those of the CONNECT request."""

    host: str
    port: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proxies:
    """``exempt``: hosts, and domains with all below them, that are reached directly; ``*`` is every host."""

    proxy: Proxy | None = None
    exempt: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read it; lower case first, as curl does.

        :raises ValueError: the proxy's URL isn't ``http://…``.
        """
        url = variables.get("https_proxy") or variables.get("HTTPS_PROXY")
        if not url:
            return cls()
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("HTTPS_PROXY has to be http://host:port: proxies that are reached by TLS are unsupported")
        exempt = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
        names = tuple(name.strip().lstrip(".").lower() for name in exempt.split(",") if name.strip())
        return cls(Proxy(parts.hostname, parts.port or DEFAULT_PORT, _headers(parts.username, parts.password)), names)

    def of(self, host: str) -> Proxy | None:
        """Return the proxy for a host; ``None``: it is reached directly."""
        host = host.lower()
        direct = any(name in ("*", host) or host.endswith(f".{name}") for name in self.exempt)
        return None if direct else self.proxy


def _headers(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    both = f"{unquote(user)}:{unquote(password or '')}"
    return {"proxy-authorization": f"Basic {b64encode(both.encode()).decode()}"}
