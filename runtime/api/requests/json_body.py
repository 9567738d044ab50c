"""Reads a request's body as strict JSON: what two parsers could read differently is refused, not guessed.

No duplicate names, no NaN or infinity, no lone surrogates, UTF-8 without a mark (RFC 8259 and its interoperability
notes), an object at the top.
"""

import json
import math
from http import HTTPStatus
from typing import Never

from starlette.requests import Request

from runtime.api.errors.problems import ProblemError

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


async def json_object(request: Request) -> dict[str, object]:
    """Read an ``application/json`` object (a dependency of routes)."""
    _require_type(request, JSON)
    return parse(await request.body())


async def merge_patch(request: Request) -> dict[str, object]:
    """Read a merge patch (RFC 7396); ``application/json`` is taken for one too."""
    _require_type(request, MERGE_PATCH, JSON)
    return parse(await request.body())


def parse(body: bytes) -> dict[str, object]:
    """Return the object. Raises ``ProblemError`` 400 for anything else."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _malformed("a text has a lone surrogate, which is no character") from None
    except UnicodeDecodeError:
        raise _malformed("the body isn't UTF-8") from None
    except RecursionError:
        raise _malformed("the body is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"the body isn't JSON: {error.msg} at character {error.pos}") from None
    except ValueError:  # a whole number with more digits than Python converts
        raise _malformed("a number has too many digits") from None
    if not isinstance(value, dict):
        raise _malformed("the body must be a JSON object")
    return value


def _require_type(request: Request, *accepted: str) -> None:
    given, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().casefold().replace('"', "")
    if given.strip().casefold() not in accepted or charset not in {"", "charset=utf-8"}:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported-media-type",
            f"send Content-Type: {' or '.join(accepted)}, in UTF-8",
            headers={"Accept-Patch": ", ".join(accepted)} if MERGE_PATCH in accepted else {},
        )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _malformed("an object has one name twice")
    return made


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise _malformed("a number is too large")
    return number


def _refuse_constant(_name: str) -> Never:
    raise _malformed("NaN and Infinity aren't JSON")


def _malformed(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.BAD_REQUEST, "malformed-json", detail)
