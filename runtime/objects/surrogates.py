r"""Lines that hold half of a surrogate pair as an escape (``\ud83d`` alone), which no valid UTF-8 can stand for.

Rare and slow on purpose: a fast decoder refuses such a line, and this module repairs it.
"""

import re

import msgspec

_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair: stays
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})"  # half of one
    rb"|.)",
    re.DOTALL,
)
_OPENING, _CLOSING = frozenset((b"{", b"[")), frozenset((b"}", b"]"))
_decode_string = msgspec.json.Decoder(str).decode
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[{}\[\]:,]', re.DOTALL)


def may_hold_half_a_pair(line: bytes) -> bool:
    """Return whether ``replace_lone_halves`` is worth trying."""
    return _HALF.search(line) is not None


def replace_lone_halves(source: bytes) -> bytes:
    r"""Replace each lone half by ``\ufffd``. The length stays, so that places in the source stay, too."""
    replaced = bytearray(source)
    for escape in _ESCAPE.finditer(source):
        if escape.start(1) >= 0:
            replaced[escape.start(1) : escape.end(1)] = b"ufffd"
    return bytes(replaced)


def member_span(source: bytes, name: str) -> slice | None:
    """Find the place of a member's value in a valid JSON object; the last one of that name counts."""
    depth, begin = 0, 0
    key: bytes | None = None
    found: slice | None = None
    for token in _TOKEN.finditer(source):
        sign = token.group()
        depth += (sign in _OPENING) - (sign in _CLOSING)
        if depth == 1 and sign == b":":
            begin = token.end()
        elif depth == 0 or (depth == 1 and sign == b","):
            found = slice(begin, token.start()) if key is not None and _stands_for(key, name) else found
            key = None
        elif depth == 1 and key is None and sign.startswith(b'"'):
            key = sign
    return found


def _stands_for(literal: bytes, name: str) -> bool:
    """Compare a member's name with one: a name that isn't UTF-8, which a decoder passes over, is no name of ours."""
    try:
        return _decode_string(literal) == name
    except (UnicodeDecodeError, msgspec.DecodeError):
        return False
