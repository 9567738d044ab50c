"""Refusing bad properties at construction, with the constraint named: CloudFormation would say so minutes later."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_cdk import Duration


class PropertyError(ValueError):
    """A construct's property is outside what AWS or this pipeline allows. The message names the constraint."""


def require(*, holds: bool, constraint: str) -> None:
    """Raise ``PropertyError`` with the constraint unless it holds."""
    if not holds:
        raise PropertyError(constraint)


def require_between(name: str, value: float, low: float, high: float, *, unit: str = "") -> None:
    """Raise ``PropertyError`` unless ``low <= value <= high``."""
    suffix = f" {unit}" if unit else ""
    require(holds=low <= value <= high, constraint=f"{name} must be {low}-{high}{suffix}, not {value}")


def require_match(name: str, value: str, pattern: str, meaning: str) -> None:
    """Raise ``PropertyError`` unless the whole value matches, or is a token that only CloudFormation knows."""
    from aws_cdk import Token  # noqa: PLC0415 - the errors here are also those of code that needs no CDK

    holds = Token.is_unresolved(value) or re.fullmatch(pattern, value) is not None
    require(holds=holds, constraint=f"{name} must be {meaning}, not {value!r}")


def require_longer(longer: "tuple[str, Duration]", shorter: "tuple[str, Duration]", why: str) -> None:
    """Raise ``PropertyError`` unless the first duration is longer than the second; each comes with its name."""
    (long_name, long_value), (short_name, short_value) = longer, shorter
    require(
        holds=long_value.to_seconds() > short_value.to_seconds(),
        constraint=f"{long_name} ({long_value.to_human_string()}) must be longer than "
        f"{short_name} ({short_value.to_human_string()}): {why}",
    )
