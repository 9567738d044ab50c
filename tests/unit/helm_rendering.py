"""Renders a chart: by Helm where PATH has it, and here, for the few words that our own templates use."""

import hashlib
import json
import re
import shlex
from pathlib import Path

import yaml

NAMESPACE = "a-namespace"
WORD = re.compile(r"(?:\s*\{\{-|\{\{) (.+?) \}\}")
"""An expression; with a hyphen, the space before it goes."""


def merged(base, more):
    """Return values with others over them, map by map, as Helm merges them."""
    if not (isinstance(base, dict) and isinstance(more, dict)):
        return more
    return {name: merged(base.get(name), more[name]) if name in more else base[name] for name in {*base, *more}}


def render(chart: Path, values):
    """Return the objects that a chart's templates make of values over its own.

    :raises ValueError: a template uses something that isn't known here.
    """
    given = merged(yaml.safe_load((chart / "values.yaml").read_text()), values)
    found = []
    for template in sorted((chart / "templates").glob("*.yaml")):
        text = re.sub(r"\{\{- /\*.*?\*/ -\}\}\s*", "", template.read_text(), flags=re.DOTALL)
        text = WORD.sub(lambda match: str(evaluated(match[1], chart, given)), text)
        found += [document for document in yaml.safe_load_all(text) if document]
    return found


def evaluated(expression, chart, values):
    """Return what an expression of a template is."""
    first, *rest = expression.split(" | ")
    result = operand(first, chart, values)
    for function in rest:
        match shlex.split(function):
            case ["toJson"]:
                result = json.dumps(result, separators=(",", ":"), sort_keys=True)
            case ["sha256sum"]:
                result = hashlib.sha256(result.encode()).hexdigest()
            case ["nindent", width]:
                result = "\n" + "\n".join(" " * int(width) + line if line else "" for line in result.splitlines())
            case _:
                raise ValueError(function)
    return result


def operand(text, chart, values):
    """Return a value of the release, the chart's files as a map's data, or a formatted text."""
    match shlex.split(text):
        case [".Release.Namespace"]:
            return NAMESPACE
        case ["printf", "%s:%s", first, second]:
            return f"{operand(first, chart, values)}:{operand(second, chart, values)}"
        case [one] if one.startswith(".Values."):
            for name in one.removeprefix(".Values.").split("."):
                values = values[name]
            return values
        case ["(.Files.Glob", "files/*).AsConfig"]:
            files = {path.name: path.read_text() for path in sorted((chart / "files").iterdir())}
            return yaml.safe_dump(files, default_style="|", width=10_000)
        case _:
            raise ValueError(text)
