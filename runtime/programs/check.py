"""The check of a program when it is written: does it compile, does it always do the same, does it stay inside.

The engine compiles it in the sandbox. It says what is wrong and not where: the place is found by compiling parts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from runtime.delivery_config.transform import Transform
from runtime.programs.ready_made import ProgramParametersError, source_of
from runtime.programs.sandbox import ProgramKilledError, Sandbox
from runtime.programs.tokens import Statement, Token, calls, names, place, statements, unbalanced

_CLOCK = "its result depends on when it runs"
_CHANCE = "its result is another one each time"
_OUTSIDE = "it reaches outside of the event"
_KEY = "it needs a key, and a program is no place for one"

REFUSED: Final[Mapping[str, str]] = {
    "now": _CLOCK,
    **dict.fromkeys(
        ("uuid_v4", "uuid_v7", "random_bool", "random_bytes", "random_float", "random_int"), _CHANCE
    ),
    **dict.fromkeys(
        (
            "log", "get_env_var", "get_hostname", "get_timezone_name", "dns_lookup", "reverse_dns", "http_request",
            "get_secret", "set_secret", "remove_secret", "set_semantic_meaning", "get_enrichment_table_record",
            "find_enrichment_table_records", "get_vector_metric", "find_vector_metrics", "aggregate_vector_metrics",
            "validate_json_schema", "parse_proto", "encode_proto",
        ),
        _OUTSIDE,
    ),
    **dict.fromkeys(("encrypt", "decrypt", "encrypt_ip", "decrypt_ip"), _KEY),
}  # fmt: skip
"""Functions that a program must not call, each with the reason. The worker could do little of it; this says why not."""
REFUSED_WORDS: Final[Mapping[str, str]] = {
    "return": "isn't known here: put the rest into the other branch of an if",
}
NO_SUCH_FUNCTION = "call to undefined function"
_SYNTAX = "syntax error"
_BROKEN_DOWN = "the engine breaks down compiling it"


@dataclass(frozen=True, slots=True)
class ProgramProblem:
    """What is wrong with a program, and where: line and column from 1."""

    line: int
    column: int
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.problem}"


def refused(source: str) -> ProgramProblem | None:
    """Return the first thing in a program that is refused, whether or not it compiles. Asks no engine."""
    for token in calls(source):
        if token.text in REFUSED:
            return _problem(source, token.start, f"{token.text} can't be used: {REFUSED[token.text]}")
    for token in names(source):
        if token.text in REFUSED_WORDS:
            return _problem(source, token.start, f"{token.text} {REFUSED_WORDS[token.text]}")
    return None


@lru_cache(maxsize=256)
def refusal(transform: Transform) -> str:
    """Return why a program isn't to be run, empty if it may: a config may be written by other means than the API."""
    try:
        problem = refused(source_of(transform)) if transform.source is not None else None
        source_of(transform)
    except ProgramParametersError as error:
        return str(error)
    return str(problem) if problem else ""


def problems_of(transform: Transform, sandbox: Sandbox) -> list[tuple[str, str]]:
    """Return the wrong fields of a program that is written, each with what is wrong. Raises as ``check``."""
    try:
        source = source_of(transform)
    except ProgramParametersError as error:
        return list(error.problems)
    problem = check(source, sandbox)
    return [("source" if transform.source is not None else "parameters", str(problem))] if problem else []


def check(source: str, sandbox: Sandbox) -> ProgramProblem | None:
    """Return what is wrong with a program, ``None`` if nothing is.

    :raises runtime.programs.sandbox.WorkerLostError: it couldn't be found out. TimeoutError: the same.
    """
    found = refused(source)
    if found:
        return found
    try:
        return _located(source, sandbox.compile_error)
    except ProgramKilledError:
        return ProgramProblem(1, 1, _BROKEN_DOWN)


def _located(source: str, compile_error: Callable[[str], str]) -> ProgramProblem | None:
    error = compile_error(source).partition("\n")[0]
    if not error:
        return None
    bracket = unbalanced(source)
    if bracket is not None:
        return _problem(source, bracket.start, f"{error}: it isn't closed, or closes nothing")
    if error == NO_SUCH_FUNCTION:
        unknown = _unknown_function(source, compile_error)
        if unknown is not None:
            return _problem(source, unknown.start, f"there is no function {unknown.text}")
    return _problem(source, _first_wrong(source, error, compile_error), error)


def _unknown_function(source: str, compile_error: Callable[[str], str]) -> Token | None:
    known: dict[str, bool] = {}
    for token in calls(source):
        if token.text not in known:
            known[token.text] = compile_error(f"{token.text}()") != NO_SUCH_FUNCTION
        if not known[token.text]:
            return token
    return None


def _first_wrong(source: str, error: str, compile_error: Callable[[str], str]) -> int:
    """Return where the first statement begins without which the program up to there compiles; the innermost such."""
    all_ = statements(source)
    outer = [each for each in all_ if each.depth == 0]
    wrong = next((each for each in outer if compile_error(source[: each.stop])), None)
    if wrong is None:
        return outer[0].start if outer else 0
    inside = [each for each in all_ if each.depth and wrong.start <= each.start and each.stop <= wrong.stop]
    head = source[: wrong.stop]
    others = (error, _SYNTAX)  # without a part of an expression it doesn't even parse
    healing = [each for each in inside if not compile_error(_without(head, each)).startswith(others)]
    return max(healing, key=lambda each: (each.depth, -each.start), default=wrong).start


def _without(source: str, statement: Statement) -> str:
    return f"{source[: statement.start]}null{source[statement.stop :]}"


def _problem(source: str, position: int, problem: str) -> ProgramProblem:
    return ProgramProblem(*place(source, position), problem)
