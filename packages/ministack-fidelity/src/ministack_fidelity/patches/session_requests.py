r"""What STS refuses of a request for a session (STS API reference, AssumeRole, "Request Parameters" and "Tags").

A session name is 2 to 64 characters of ``[\w+=,.@-]``, an ExternalId 2 to 1,224 of ``[\w+=,.@:/-]``. At most 50 tags;
a key of 1 to 128 and a value of at most 256 characters, both of letters, spaces, digits and ``_.:/=+-@``; no key begins
with ``aws:``. At most 10 managed policies. A session lasts 900 s to 12 hours, no longer than the role allows, and for
a caller that is itself a role's session at most an hour.

Not checked: the packed size of policies and tags, whose limit AWS doesn't publish.
"""

import re
from collections.abc import Iterator
from typing import Any
from unicodedata import category
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from ministack_fidelity.patching import Function, Target, emulator, wrap

HANDLE = Target("ministack.services.sts", "handle_request", ("method", "path", "headers", "body", "query_params"))
ACTIONS = {"AssumeRole", "AssumeRoleWithWebIdentity"}

NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
TAG_KEY_LENGTHS = range(1, 129)
TAG_VALUE_LENGTHS = range(257)
MOST_TAGS = 50
MOST_POLICIES = 10
SHORTEST_SECONDS = 900
LONGEST_SECONDS = 43_200
CHAINED_SECONDS = 3600
DEFAULT_LONGEST_SECONDS = 3600

type Parameters = dict[str, str]


def apply() -> None:
    """Check the request before the emulator looks at it."""
    wrap(HANDLE, _checked)


def problems(parameters: Parameters) -> Iterator[str]:
    """Yield what is wrong with the parameters by themselves."""
    if not NAME.fullmatch(parameters.get("RoleSessionName", "")):
        yield _constraint("roleSessionName", r"length between 2 and 64 and pattern: [\w+=,.@-]*")
    if not EXTERNAL_ID.fullmatch(parameters.get("ExternalId", "default")):
        yield _constraint("externalId", r"length between 2 and 1224 and pattern: [\w+=,.@:\/-]*")
    if not SHORTEST_SECONDS <= _seconds(parameters) <= LONGEST_SECONDS:
        yield _constraint("durationSeconds", f"a value between {SHORTEST_SECONDS} and {LONGEST_SECONDS}")
    if len(_members(parameters, r"PolicyArns\.member\.\d+\.arn")) > MOST_POLICIES:
        yield _constraint("policyArns", f"length less than or equal to {MOST_POLICIES}")
    keys, values = (_members(parameters, rf"Tags\.member\.\d+\.{name}") for name in ("Key", "Value"))
    if len(keys) > MOST_TAGS:
        yield _constraint("tags", f"length less than or equal to {MOST_TAGS}")
    for key in keys:
        if not _is_tag_text(key, TAG_KEY_LENGTHS) or key.lower().startswith("aws:"):
            yield _constraint("tags.member.key", r"length between 1 and 128 and pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+")
    if not all(_is_tag_text(value, TAG_VALUE_LENGTHS) for value in values):
        yield _constraint("tags.member.value", r"length at most 256 and pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]*")


def duration_problem(seconds: int, longest: int, *, is_chained: bool) -> str | None:
    """Return why a session of a role can't last so long, or None."""
    if is_chained and seconds > CHAINED_SECONDS:
        return "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    if seconds > longest:
        return "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    return None


def _is_tag_text(text: str, lengths: range) -> bool:
    return len(text) in lengths and all(each in "_.:/=+-@" or category(each)[0] in "LZN" for each in text)


def _constraint(name: str, wanted: str) -> str:
    return f"1 validation error detected: Value at '{name}' failed to satisfy constraint: Member must have {wanted}"


def _members(parameters: Parameters, pattern: str) -> list[str]:
    return [value for name, value in parameters.items() if re.fullmatch(pattern, name)]


def _seconds(parameters: Parameters) -> int:
    return int(parameters.get("DurationSeconds", SHORTEST_SECONDS))


def _checked(original: Function) -> Function:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Any:
        form = {**query_params, **parse_qs(body.decode(errors="replace"), keep_blank_values=True)}
        parameters = {name: values[0] if isinstance(values, list) else values for name, values in form.items()}
        if parameters.get("Action") in ACTIONS:
            problem = next(problems(parameters), None) or _role_problem(parameters, headers)
            if problem:
                return emulator("services.sts")._error(400, "ValidationError", escape(problem), ns="sts")
        return await original(method, path, headers, body, query_params)

    return handle_request


def _role_problem(parameters: Parameters, headers: dict[str, str]) -> str | None:
    account, _, name = parameters.get("RoleArn", "").removeprefix("arn:aws:iam::").partition(":role/")
    role = emulator("services.iam")._roles.get_scoped(account, None, name.rpartition("/")[2])
    longest = int((role or {}).get("MaxSessionDuration") or DEFAULT_LONGEST_SECONDS)
    access_key = emulator("core.router").extract_access_key_id(headers, {})
    session = emulator("services.sts")._sessions.get(access_key)
    is_chained = parameters["Action"] == "AssumeRole" and (session or {}).get("PrincipalType") == "AssumedRole"
    return duration_problem(_seconds(parameters), longest, is_chained=is_chained)
