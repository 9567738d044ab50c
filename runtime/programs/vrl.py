"""Values as literals of VRL: whatever a text has, it stays a text."""

import re
from collections.abc import Mapping
from typing import Final

_PLAIN: Final = re.compile(r"[A-Za-z0-9 ]")

type Value = str | int | list[Value] | Mapping[str, Value]


def literal(value: Value) -> str:
    """Return the literal of a text, a whole number, a truth, or a list or an object of them.

    Of a text all but letters, digits and blanks is written by its code point: no quote, escape or ``{{`` can mean more.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f'"{"".join(each if _PLAIN.match(each) else f"\\u{{{ord(each):x}}}" for each in value)}"'
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(name)}: {literal(each)}" for name, each in value.items()) + "}"
    return "[" + ", ".join(map(literal, value)) + "]"
