"""Writes the agent's program that marks lines for alerts: ``python -m tests.alert_marks`` (``make alert-marks``).

What is looked for has one source, the ready-made rules (``runtime/alerts/ready_made.py``). The engine's syntax of a
pattern is the rules'; a quote can't stand in its literal.
"""

import re
from pathlib import Path
from typing import Final

from runtime.alerts.line_copy import LEVELS
from runtime.alerts.ready_made import READY_MADE, ReadyMadeRule

PROGRAM: Final = Path(__file__).parents[1] / "vector_config" / "base" / "programs" / "alert_true.vrl"
HEAD: Final = """\
# ALERTS=true: marks the lines of which a copy goes to the alert queue, with what they are marked for: a ready-made
# rule, or "level". Written by `make alert-marks` from the ready-made rules: don't edit. Their hints come first, plain
# texts that are looked for all at once: few lines pass that.
mark = ""
"""
LEAST: Final = LEVELS.index("error")


def program() -> str:
    """Return the program."""
    rules = list(READY_MADE.values())
    grave = " || ".join(f'level == "{level}"' for level in LEVELS[LEAST:])
    hints = "|".join(re.escape(hint).replace("\\ ", " ") for rule in rules for hint in rule.hints)
    rows = " else ".join(f'if {_condition(rule)} {{\n    mark = "{rule.name}"\n  }}' for rule in rules)
    return (
        f"{HEAD}grave = {grave}\n"
        f'if unlabelled == "" && (grave || match(message, {_literal(hints)})) {{\n'
        f'  {rows} else if grave {{\n    mark = "level"\n  }}\n}}\n'
    )


def _condition(rule: ReadyMadeRule) -> str:
    found = f"match(message, {_literal(rule.pattern)})"
    return found if rule.unless is None else f"{found} && !match(message, {_literal(rule.unless)})"


def _literal(pattern: str) -> str:
    if "'" in pattern:
        raise ValueError(f"a quote can't stand in a literal of VRL: {pattern}")
    return f"r'{pattern}'"


if __name__ == "__main__":
    PROGRAM.write_text(program())
