"""Everything that isn't a success: RFC 9457 problem details, one shape for all of them.

``type`` is a URN whose last part is stable and made for programs; ``detail`` is for people and says how to fix it.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse

from runtime.api.schemas.problems import MEDIA_TYPE, URN


class ProblemError(Exception):
    """Ends a request with a problem.

    :param code: the stable last part of ``type``.
    :param errors: (field, problem) pairs.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        errors: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})

    def response(self, request_id: str) -> JSONResponse:
        """Write it as the answer of a request."""
        content: dict[str, object] = {
            "type": URN + self.code,
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.errors:
            content["errors"] = [{"field": field, "problem": problem} for field, problem in self.errors]
        return JSONResponse(content, self.status, headers=self.headers, media_type=MEDIA_TYPE)


def not_found(tenant_id: str, type_: str) -> ProblemError:
    """Return that there is no such config."""
    return ProblemError(HTTPStatus.NOT_FOUND, "no-such-config", f"{tenant_id} has no delivery config {type_}")


def invalid(code: str, detail: str, errors: Iterable[tuple[str, str]]) -> ProblemError:
    """Return which fields or parameters are wrong."""
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, code, detail, errors=errors)
