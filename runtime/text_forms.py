"""Forms that a text must have: the regular expression that decides, and the words in which a wrong one is refused."""

from typing import Final

from pydantic_core import ErrorDetails

_WORDS: Final[dict[str, str]] = {}


def text_form(pattern: str, words: str) -> str:
    """Return the pattern, whose mismatches are from now on refused in these words.

    :param words: what such a text is, after "must be".
    """
    _WORDS[pattern] = words
    return pattern


def in_words(pattern: str) -> str:
    """Return what a text of another form must be; a pattern that nobody has described isn't shown either."""
    return f"must be {_WORDS[pattern]}" if pattern in _WORDS else "doesn't have the form that is needed here"


def correction(error: ErrorDetails) -> str:
    """Return what is wrong by one of pydantic's error details (``ctx`` included), never with the value."""
    if error["type"] == "string_pattern_mismatch":
        return in_words(error["ctx"]["pattern"])
    message = str(error["msg"]).removeprefix("Value error, ")
    return message.replace("String should", "must").replace("Input should", "must")
