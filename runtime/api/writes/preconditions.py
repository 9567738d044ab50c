"""ETag, If-Match and If-None-Match (RFC 9110, sections 8.8.3 and 13)."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Header

from runtime.api.errors.problems import ProblemError
from runtime.text_forms import text_form

_TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'
_FORM = text_form(
    rf"^(?:\*|{_TAG}(?:[ \t]*,[ \t]*{_TAG})*)$", "an ETag with its quotation marks, several with commas, or *"
)


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What the caller believes to be stored. As a dependency of a route: its two headers."""

    if_match: Annotated[str | None, Header(description="ETag that the config must still have", pattern=_FORM)] = None
    if_none_match: Annotated[str | None, Header(description="`*`: there must be none", pattern=_FORM)] = None

    @property
    def creates(self) -> bool:
        """Whether it says that there must be none."""
        return (self.if_none_match or "").strip() == "*"

    def require(self, etag: str) -> None:
        """Raise 412 unless a change of the config with this ETag is what the caller wants."""
        if self.if_match is not None and not _names(self.if_match, etag, weak=False):
            raise changed("it was changed since you read it; read it again and repeat the change")
        if self.if_none_match is not None and _names(self.if_none_match, etag, weak=True):
            raise changed("it exists")

    def has(self, etag: str) -> bool:
        """Whether the caller has the config with this ETag already (304 for a read); 412 where If-Match isn't it."""
        if self.if_match is not None and not _names(self.if_match, etag, weak=False):
            raise changed("it is another one by now")
        return self.if_none_match is not None and _names(self.if_none_match, etag, weak=True)


def changed(detail: str) -> ProblemError:
    """Return that the precondition doesn't hold."""
    return ProblemError(HTTPStatus.PRECONDITION_FAILED, "precondition-failed", detail)


def _names(header: str, etag: str, *, weak: bool) -> bool:
    if header.strip() == "*":
        return True
    tags = re.findall(_TAG, header)
    return any((tag.removeprefix("W/") if weak else tag) == etag for tag in tags)
