"""The tokens of a program, as far as its calls, its brackets and its statements need: a text is never taken for code.

Positions are characters from 0; ``place`` turns one into a line and a column as editors count them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Final, NamedTuple


class TokenKind(Enum):
    """What a token is. ``BREAK``: a line's end, or a semicolon. ``BROKEN``: a text that doesn't end."""

    NAME = auto()
    OPENING = auto()
    CLOSING = auto()
    BREAK = auto()
    TEXT = auto()
    OTHER = auto()
    BROKEN = auto()


class Token(NamedTuple):
    """One token, without the blanks and comments around it."""

    kind: TokenKind
    start: int
    text: str

    @property
    def stop(self) -> int:
        """Where it ends, exclusive."""
        return self.start + len(self.text)


_TOKEN: Final = re.compile(
    r"""
    (?P<skipped>[ \t\r\f\v]+|\#[^\n]*)
  | (?P<text>"(?:[^"\\]|\\.)*"|[srt]'(?:[^'\\]|\\.)*')
  | (?P<broken>"(?:[^"\\]|\\.)*\Z|[srt]'(?:[^'\\]|\\.)*\Z)
  | (?P<name>[A-Za-z_@][A-Za-z0-9_@]*)
  | (?P<break>[\n;])
  | (?P<opening>[({\[])
  | (?P<closing>[)}\]])
  | (?P<other>\d[\w.]*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PAIRS: Final = {")": "(", "}": "{", "]": "["}


def tokens(source: str) -> Iterator[Token]:
    """Yield the tokens of a program."""
    for found in _TOKEN.finditer(source):
        kind = found.lastgroup
        if kind is not None and kind != "skipped":
            yield Token(TokenKind[kind.upper()], found.start(), found.group())


def calls(source: str) -> Iterator[Token]:
    """Yield the names that are called: ``now()`` and ``parse_json!(…)``, not ``.now`` and not ``"now()"``."""
    found = list(tokens(source))
    for index, token in enumerate(found):
        if token.kind is not TokenKind.NAME or (
            index and found[index - 1].text in (".", "%") and _joined(found, index)
        ):
            continue
        following = index + 1
        if following < len(found) and found[following].text == "!":
            following += 1
        if following < len(found) and found[following].text == "(":
            yield token


def names(source: str) -> Iterator[Token]:
    """Yield the names that stand by themselves: keywords, variables, functions; no part of a path."""
    found = list(tokens(source))
    for index, token in enumerate(found):
        if token.kind is TokenKind.NAME and not (
            index and found[index - 1].text in (".", "%") and _joined(found, index)
        ):
            yield token


@lru_cache(maxsize=256)
def may_ask_for_the_origin(source: str) -> bool:
    """Return whether a program may read where an event comes from: it names it, or reads all of the event.

    A fifth of what an event costs is to hand that over; most programs don't ask.
    """
    if any(name in source for name in ("application", "pod_name", "cluster_id")):
        return True
    end = Token(TokenKind.BREAK, len(source), "\n")
    found = [end, *tokens(source), end]
    for before, token, after in zip(found, found[1:], found[2:], strict=False):
        path = after.start == token.stop and after.text[0] not in ".)}],;=!<>+-*/|&\n"
        alone = before.kind is after.kind is TokenKind.BREAK  # a statement that nobody takes the value of
        in_escapes = after.text[0] == '"' and "\\" in after.text  # any name
        if token.text == "." and not alone and (not path or in_escapes):
            return True
    return False


def _joined(found: Sequence[Token], index: int) -> bool:
    return found[index - 1].stop == found[index].start


def unbalanced(source: str) -> Token | None:
    """Return the text that doesn't end, the bracket that closes nothing, or the last one that isn't closed."""
    opened: list[Token] = []
    for token in tokens(source):
        if token.kind is TokenKind.BROKEN:
            return token
        if token.kind is TokenKind.OPENING:
            opened.append(token)
        elif token.kind is TokenKind.CLOSING and (not opened or opened.pop().text != _PAIRS[token.text]):
            return token
    return opened[-1] if opened else None


@dataclass(slots=True)
class Statement:
    """A statement's place: ``start`` to ``stop``, exclusive. ``depth``: of the blocks that it stands in."""

    start: int
    stop: int
    depth: int


def statements(source: str) -> list[Statement]:
    """Return what stands between breaks, the blocks' own too, by their start. Brackets are expected to be balanced."""
    found: list[Statement] = []
    open_: dict[int, Statement] = {}
    brackets: list[str] = []
    for token in tokens(source):
        if token.kind is TokenKind.CLOSING and brackets:
            open_.pop(len(brackets), None)
            brackets.pop()
        depth = len(brackets)
        if token.kind is TokenKind.BREAK:
            if not brackets or brackets[-1] == "{":
                open_.pop(depth, None)
            continue
        if (not brackets or brackets[-1] == "{") and depth not in open_:
            open_[depth] = Statement(token.start, token.stop, brackets.count("{"))
            found.append(open_[depth])
        for statement in open_.values():
            statement.stop = token.stop
        if token.kind is TokenKind.OPENING:
            brackets.append(token.text)
    return found


def place(source: str, position: int) -> tuple[int, int]:
    """Return the line and the column of a position, both from 1."""
    before = source[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
