"""Requests to the delivery-config API, signed with the function's own role."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from runtime.environment import Environment

TIMEOUT_SECONDS: Final = 30
"""API Gateway answers within 29 s (its quotas, integration timeout)."""


class ConfigResourceSettings(Environment):
    """The function's environment. ``api_url``: where the delivery-config API is, with its stage."""

    api_url: str
    aws_region: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


class ApiRefusedError(Exception):
    """The API answered with a problem. ``status``: HTTP's; the text is the API's own, with each field's."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        super().__init__(f"{status} {_problem(body)}")


@dataclass(frozen=True, slots=True)
class SignedApi:
    """The API at ``url``, in ``region``."""

    url: str
    region: str
    credentials: Credentials
    session: URLLib3Session

    @classmethod
    def make(cls, url: str, region: str, credentials: Credentials) -> "SignedApi":
        """Make a client of its own connections."""
        return cls(url.rstrip("/"), region, credentials, URLLib3Session(timeout=TIMEOUT_SECONDS))

    def send(
        self,
        method: str,
        path: str,
        document: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, object]:
        """Send a request, and return the answer's document; empty where it has none.

        :raises ApiRefusedError: the API refuses it. What the connection raises is raised.
        """
        body = None if document is None else json.dumps(document).encode()
        given = {**({} if body is None else {"content-type": "application/json"}), **(headers or {})}
        request = AWSRequest(method=method, url=self.url + path, data=body, headers=given)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        answer = self.session.send(request.prepare())
        if not 200 <= answer.status_code < 300:  # noqa: PLR2004 - RFC 9110: success
            raise ApiRefusedError(answer.status_code, answer.content)
        found: dict[str, object] = json.loads(answer.content) if answer.content else {}
        return found


def configs_path(tenant_id: str, type_: str | None = None) -> str:
    """Return the path of a tenant's delivery configs, or of one."""
    path = f"/tenants/{quote(tenant_id, safe='')}/delivery-configs"
    return path if type_ is None else f"{path}/{quote(type_, safe=':')}"


def _problem(body: bytes) -> str:
    try:
        content = json.loads(body)
    except ValueError:
        return "no problem document"
    errors = "; ".join(f"{each['field']}: {each['problem']}" for each in content.get("errors") or ())
    return " ".join(str(part) for part in (content.get("detail") or content.get("message") or "", errors) if part)
