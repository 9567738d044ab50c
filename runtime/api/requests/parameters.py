"""Parameters that routes share: path, headers, and the refusal of what no route knows."""

import base64
import binascii
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request

from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.middleware.caller import caller_of
from runtime.api.services import Services, services_of
from runtime.api.writes.changes import Changes
from runtime.api.writes.preconditions import Preconditions
from runtime.delivery_config.patterns import TENANT_ID_PATTERN, TYPE_PATTERN
from runtime.text_forms import text_form

HEX_ID = text_form("^[0-9a-f]{32}$", "32 of the digits 0-9 and a-f")
TenantId = Annotated[str, Path(pattern=TENANT_ID_PATTERN, description="the tenant", examples=["acme-corp"])]
Type = Annotated[
    str,
    Path(
        alias="type",
        pattern=TYPE_PATTERN,
        description="the delivery method, optionally with a name: `cloudwatch`, `s3:archive-eu`",
        examples=["s3:archive-eu"],
    ),
]
Limit = Annotated[int, Query(ge=1, le=100, description="configs of one page")]
NextToken = Annotated[str | None, Query(max_length=200, description="`next_token` of the page before")]
Wanted = Annotated[Preconditions, Depends()]
ServicesOf = Annotated[Services, Depends(services_of)]


Enable = Annotated[
    Literal["after-test"] | None,
    Query(description="keep it disabled until a test delivery, which begins with the write, has passed"),
]


def changes_of(request: Request) -> Changes:
    """Return what makes changes for this request's caller (a dependency of routes)."""
    return Changes(services_of(request), caller_of(request))


def writes_of(request: Request, enable: Enable = None) -> Changes:
    """Return what writes configs for this request's caller, enabled by a test where it says so."""
    return Changes(services_of(request), caller_of(request), after_test=enable is not None)


ChangesOf = Annotated[Changes, Depends(changes_of)]
WritesOf = Annotated[Changes, Depends(writes_of)]


def no_query(*known: str) -> Any:
    """Refuse query parameters but the known ones, and a known one given twice (a dependency of routes)."""

    def check(request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        wrong = [
            (name, "is not a query parameter of this operation") for name in dict.fromkeys(given) if name not in known
        ]
        wrong += [(name, "is given more than once") for name in known if given.count(name) > 1]
        if wrong:
            raise ProblemError(HTTPStatus.BAD_REQUEST, "wrong-query", "the query is wrong", errors=wrong)

    return Depends(check)


def token_of(type_: str) -> str:
    """Return the token of the page behind a config; of characters that a URL leaves as they are."""
    return base64.urlsafe_b64encode(type_.encode()).decode().rstrip("=")


def type_of(token: str) -> str:
    """Return the config behind which a page begins. Raises 422 for a token that no page gave."""
    padded = token + "=" * (-len(token) % 4)
    try:
        type_ = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        type_ = ""
    if not type_ or token_of(type_) != token or not type_.isprintable():
        raise invalid("invalid-request", "pass next_token unchanged", [("next_token", "isn't the token of a page")])
    return type_
