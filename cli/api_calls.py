"""One signed call of the API, and what an answer that isn't a success becomes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote, urlencode

from cli.signing import ApiResponse, Signer
from runtime.api.schemas.problems import Problem, WrongField

JSON = {"content-type": "application/json"}
MERGE_PATCH = {"content-type": "application/merge-patch+json"}


class ApiProblemError(Exception):
    """The API answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}")
        self.problem = problem

    @classmethod
    def of(cls, answer: ApiResponse) -> Self:
        """Read an answer that isn't a success; the gateway's own may lack the form."""
        try:
            content = json.loads(answer.body)
        except ValueError:
            content = {}
        content = content if isinstance(content, dict) else {}
        return cls(
            Problem(
                type=str(content.get("type", "about:blank")),
                title=str(content.get("title", "refused")),
                status=answer.status,
                detail=str(content.get("detail") or content.get("message") or content.get("Message") or "no detail"),
                request_id=str(content.get("request_id") or answer.headers.get("x-request-id", "")),
                errors=[WrongField(**each) for each in content.get("errors", ())] or None,
            )
        )


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """What the API stores, as it returns it: its fields, and the ETag to change it by; ``None`` in a list."""

    fields: Mapping[str, Any]
    etag: str | None

    @classmethod
    def of(cls, answer: ApiResponse) -> Self:
        """Read the answer of a read or a write."""
        return cls(json.loads(answer.body), answer.headers.get("etag"))


@dataclass(frozen=True, slots=True)
class ApiCalls:
    """Every operation raises ``ApiProblemError`` for an answer that isn't a success."""

    signer: Signer

    def _json(self, method: str, path: str, content: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        return json.loads(self._send(method, path, content, headers).body)

    def _pages(self, path: str, limit: int = 100, query: Mapping[str, str] | None = None) -> Iterator[Any]:
        """Yield a list's pages, each asked for when the one before is used up."""
        asked: dict[str, str | int] = {"limit": limit, **(query or {})}
        while True:
            page = self._json("GET", f"{path}?{urlencode(asked)}")
            yield page
            if page.get("next_token") is None:
                return
            asked["next_token"] = page["next_token"]

    def _send(
        self, method: str, path: str, content: Any = None, headers: Mapping[str, str] | None = None
    ) -> ApiResponse:
        body = None if content is None else json.dumps(content).encode()
        answer = self.signer.send(method, path, body=body, headers=headers)
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - RFC 9110: successful
            raise ApiProblemError.of(answer)
        return answer


def tenant_path(tenant_id: str) -> str:
    """Return the path that all of a tenant's begin with."""
    return f"/tenants/{quote(tenant_id, safe='')}"


def match_header(etag: str | None) -> dict[str, str]:
    """Return the header that a change is made on condition by."""
    return {} if etag is None else {"if-match": etag}
