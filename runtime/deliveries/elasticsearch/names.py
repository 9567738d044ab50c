"""The name of the data stream or index of an event: a template's, filled from the object's key and the event's time.

Nothing that a line says takes part: no line chooses where it goes.
"""

import hashlib
import re
from datetime import UTC, datetime
from typing import Final

from runtime.objects.key import ObjectKey

DAY_MS: Final = 86_400_000
OF_KEY: Final = ("tenant_id", "cluster_id", "application")
OF_TIME: Final = {"date": "%Y.%m.%d", "month": "%Y.%m"}
MAX_NAME_BYTES: Final = 255
"""Elasticsearch reference, create index API: "Cannot be longer than 255 bytes"; a data stream's name likewise."""
_DIGEST = 16
# The same page: lower case only; none of \\ / * ? " < > | space , # : ; no - _ + at the start. A placeholder isn't the
# start, as what fills it may begin with one of those.
_TEMPLATE = re.compile(r"[a-z0-9](?:[a-z0-9._-]|\{[a-z_]+\})*")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_OTHER = re.compile(r"[^a-z0-9._-]")


def template_problem(template: str, *, of_time: bool) -> str | None:
    """Return why a template can't be used; ``None`` where it can.

    :param of_time: an index may name the event's time; a data stream has indexes of its own for that.
    """
    known = {*OF_KEY, *(OF_TIME if of_time else ())}
    if not _TEMPLATE.fullmatch(template):
        return "must be of a-z, 0-9, ., _ and -, begin with a letter or digit; a placeholder looks like {application}"
    unknown = sorted(set(_PLACEHOLDER.findall(template)) - known)
    if unknown:
        return f"has no placeholder {{{unknown[0]}}}; there are {', '.join(f'{{{name}}}' for name in sorted(known))}"
    return None


class NameTemplate:
    """A template whose placeholders of the key are filled: names differ by the day alone."""

    def __init__(self, template: str, key: ObjectKey) -> None:
        filled = _PLACEHOLDER.sub(lambda found: _of_key(found[0], found[1], key), template)
        self._template = filled
        self._of_time = "{" in filled
        self._names: dict[int, str] = {}

    def name(self, timestamp: int) -> str:
        """Return the name for an event of that time (epoch ms, by the day in UTC)."""
        day = timestamp // DAY_MS if self._of_time else 0
        found = self._names.get(day)
        if found is None:
            time = datetime.fromtimestamp(day * 86_400, UTC)
            text = _PLACEHOLDER.sub(lambda found: time.strftime(OF_TIME[found[1]]), self._template)
            found = self._names[day] = _shortened(text)
        return found


def _of_key(placeholder: str, name: str, key: ObjectKey) -> str:
    """Return a segment of the key in the characters that a name may have: others become an underscore."""
    return _OTHER.sub("_", str(getattr(key, name)).lower()) if name in OF_KEY else placeholder


def _shortened(name: str) -> str:
    """Return a name that fits: of one that is too long the beginning, and a digest of it all."""
    if len(name) <= MAX_NAME_BYTES:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{name[: MAX_NAME_BYTES - _DIGEST - 1]}-{digest}"
