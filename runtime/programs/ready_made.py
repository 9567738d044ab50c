"""Ready-made programs: what tenants want most, by a name with parameters. Data; a tenant who wants more writes VRL.

A program's text has ``$name`` where a parameter's value goes, as a literal of VRL. A change of a text is another
program for every config that has it: raise ``READY_MADE_REVISION`` (``runtime.delivery_config.transform``).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final, cast

from runtime.delivery_config.transform import Transform
from runtime.programs.shapes import AUDIT_SHAPE, LEVEL_OF_A_LINE, REDACTIONS

MAX_TEXT: Final = 256
"""Ours, characters of one text in a parameter."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9 ]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


type Value = str | int | list[Value] | Mapping[str, Value]


class ParameterKind(StrEnum):
    """What a parameter's value is."""

    CHOICES = "some of a list"
    CHOICE = "one of a list"
    TEXTS = "a list of texts"
    TEXT = "a text"
    NUMBER = "a whole number"
    NAMES = "an object of texts"


@dataclass(frozen=True, slots=True)
class ProgramParameter:
    """One parameter.

    :param default: ``None``: it must be given. :param choices: what is allowed, where there is a list.
    :param least, most: bounds of a number, or of a list's or an object's entries.
    """

    kind: ParameterKind
    meaning: str
    default: object = None
    choices: tuple[str, ...] = ()
    least: int = 1
    most: int = 50


@dataclass(frozen=True, slots=True)
class ReadyMadeProgram:
    """One program.

    :param text: its source, with ``$name`` for parameters. :param parts: sources by the choices of the parameter
        ``kinds``; the chosen ones stand where ``$kinds`` is.
    """

    name: str
    title: str
    text: str
    parameters: Mapping[str, ProgramParameter] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)


_JSON_OBJECT: Final = "parsed = object(parse_json(.message) ?? null) ?? {}\n"
_FIELDS: Final = "names of fields, dots for nested ones"
LEVELS: Final = ("debug", "info", "warning", "error", "fatal")

READY_MADE: Final[Mapping[str, ReadyMadeProgram]] = {
    each.name: each
    for each in (
        ReadyMadeProgram(
            "redact",
            "e-mail addresses, tokens, IP addresses and card numbers become a word in brackets",
            "text = string!(.message)\n$kinds.message = text",
            {
                "kinds": ProgramParameter(
                    ParameterKind.CHOICES,
                    "what is redacted",
                    tuple(REDACTIONS),
                    tuple(REDACTIONS),
                    most=len(REDACTIONS),
                )
            },
            REDACTIONS,
        ),
        ReadyMadeProgram(
            "keep-level",
            "lines below a level are dropped; a line without a known level is kept",
            f"{LEVEL_OF_A_LINE}if level >= 0 && level < $level {{ abort }}",
            {"level": ProgramParameter(ParameterKind.CHOICE, "the lowest level that is kept", choices=LEVELS)},
        ),
        ReadyMadeProgram(
            "drop-health-checks",
            "lines about requests to health endpoints are dropped",
            "text = string!(.message)\nfound = false\n"
            "for_each($paths) -> |_index, path| { if contains(text, path) { found = true } }\n"
            "if found { abort }",
            {
                "paths": ProgramParameter(
                    ParameterKind.TEXTS, "what such a line contains", ("/healthz", "/livez", "/readyz")
                )
            },
        ),
        ReadyMadeProgram(
            "sample",
            "one in so many lines is kept, the same ones each time",
            "hash = int!(xxhash(string!(.message) + to_string!(.timestamp)))\nif mod(hash, $one_in) != 0 { abort }",
            {
                "one_in": ProgramParameter(
                    ParameterKind.NUMBER, "of how many lines one is kept", least=2, most=1_000_000
                )
            },
        ),
        ReadyMadeProgram(
            "flatten-json",
            "nested fields of a JSON line become fields of its top level; another line stays as it is",
            f"{_JSON_OBJECT}if parsed != {{}} {{ .message = flatten(parsed, $separator) }}",
            {"separator": ProgramParameter(ParameterKind.TEXT, "between the names", ".")},
        ),
        ReadyMadeProgram(
            "rename-fields",
            "fields of a JSON line get other names; another line stays as it is",
            f"""{_JSON_OBJECT}if parsed != {{}} {{
  for_each($fields) -> |from, to| {{
    value = get!(parsed, split(from, "."))
    if value != null {{
      parsed = object!(remove!(parsed, split(from, ".")))
      parsed = object!(set!(parsed, split(to, "."), value))
    }}
  }}
  .message = parsed
}}""",
            {"fields": ProgramParameter(ParameterKind.NAMES, f"the new name for each old one: {_FIELDS}")},
        ),
        ReadyMadeProgram(
            "add-fields",
            "a JSON line gets further fields; another line becomes an object with the line as `message`",
            f'{_JSON_OBJECT}if parsed == {{}} {{ parsed = {{"message": .message}} }}'
            "\n.message = merge(parsed, $fields)",
            {"fields": ProgramParameter(ParameterKind.NAMES, "the text for each name")},
        ),
        ReadyMadeProgram(
            "audit-ocsf",
            "a Kubernetes audit event becomes an object like OCSF's API Activity; another line stays as it is",
            AUDIT_SHAPE,
        ),
    )
}


class ProgramParametersError(ValueError):
    """A ready-made program can't be made with these parameters. ``problems``: (parameter, what it must be)."""

    def __init__(self, problems: Iterable[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{name} {problem}" for name, problem in self.problems))


@lru_cache(maxsize=256)
def source_of(transform: Transform) -> str:
    """Return the source of a config's program.

    :raises ProgramParametersError: it names no ready-made program, or gives it parameters that it doesn't have.
    """
    if transform.source is not None:
        return transform.source
    program = READY_MADE.get(transform.program or "")
    if program is None:
        raise ProgramParametersError([("program", f"must be one of {', '.join(sorted(READY_MADE))}")])
    given = transform.parameters or {}
    problems = [(f"parameters.{name}", "is no parameter of this program") for name in given.keys() - program.parameters]
    values: dict[str, Value] = {}
    for name, parameter in program.parameters.items():
        value = given.get(name, parameter.default)
        problem = _problem(parameter, value)
        if problem:
            problems.append((f"parameters.{name}", problem))
        else:
            values[name] = cast("Value", value)
    if problems:
        raise ProgramParametersError(problems)
    return _written(program, values)


def _written(program: ReadyMadeProgram, values: Mapping[str, Value]) -> str:
    texts = {name: literal(value) for name, value in values.items()}
    if program.parts:
        texts["kinds"] = "".join(
            part for kind, part in program.parts.items() if kind in cast("Sequence[str]", values["kinds"])
        )
    if "level" in texts:
        texts["level"] = str(LEVELS.index(str(values["level"])))
    return re.sub(r"\$([a-z_]+)", lambda found: texts.get(found[1], found[0]), program.text)


def _problem(parameter: ProgramParameter, value: object) -> str:
    """Return what a value must be, empty if it is that."""
    kind, size = parameter.kind, f"{parameter.least} to {parameter.most}"
    match kind:
        case ParameterKind.CHOICE:
            return "" if value in parameter.choices else f"must be one of {', '.join(parameter.choices)}"
        case ParameterKind.CHOICES:
            fits = _is_list(value, parameter) and {*cast("list[str]", value)} <= {*parameter.choices}
            return "" if fits else f"must be a list of some of {', '.join(parameter.choices)}"
        case ParameterKind.TEXTS:
            return (
                "" if _is_list(value, parameter) else f"must be a list of {size} texts of at most {MAX_TEXT} characters"
            )
        case ParameterKind.TEXT:
            return "" if _is_text(value) else f"must be a text of 1 to {MAX_TEXT} characters"
        case ParameterKind.NUMBER:
            is_number = isinstance(value, int) and not isinstance(value, bool)
            fits = is_number and parameter.least <= cast("int", value) <= parameter.most
            return "" if fits else f"must be a whole number, {size}"
        case ParameterKind.NAMES:
            fits = isinstance(value, Mapping) and parameter.least <= len(value) <= parameter.most
            fits = fits and all(
                map(_is_text, (*cast("Mapping[str, str]", value), *cast("Mapping[str, str]", value).values()))
            )
            return (
                ""
                if fits
                else f"must be an object of {size} texts of at most {MAX_TEXT} characters, by names like that"
            )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and not _SURROGATE.search(value)


def _is_list(value: object, parameter: ProgramParameter) -> bool:
    return (
        isinstance(value, list | tuple)
        and parameter.least <= len(value) <= parameter.most
        and all(map(_is_text, value))
    )


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
