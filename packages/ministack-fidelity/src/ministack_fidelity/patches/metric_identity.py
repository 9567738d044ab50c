"""A metric without dimensions is one metric, not the sum of all of that name (CloudWatch user guide, "Dimensions").

The emulator takes a request without dimensions for one that asks for any.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, wrap

DIMENSIONS = Target("ministack.services.cloudwatch", "_dims_from_list", ("dimensions",))


class _Given(dict[str, str]):
    """Dimensions that were asked for, be there none."""

    def __bool__(self) -> bool:
        return True


def apply() -> None:
    """Let no dimensions count as an answer."""
    wrap(DIMENSIONS, _given)


def _given(original: Function) -> Function:
    def _dims_from_list(dimensions: list[dict[str, Any]]) -> dict[str, str]:
        return _Given(original(dimensions))

    return _dims_from_list
