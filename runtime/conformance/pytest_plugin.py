"""The pytest plug-in: a test marked ``conformance(NAME)`` that takes ``conformance_check`` runs once for each check."""

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

FIXTURE = "conformance_check"
MARK = "conformance"


def pytest_configure(config: "pytest.Config") -> None:
    """Make the mark known."""
    config.addinivalue_line("markers", f"{MARK}(name): the delivery method that `{FIXTURE}` checks")


def pytest_generate_tests(metafunc: "pytest.Metafunc") -> None:
    """Parametrize the test with each check, as a callable without arguments."""
    if FIXTURE not in metafunc.fixturenames:
        return
    from runtime.conformance.checks import CHECKS, run  # noqa: PLC0415 - only where a test asks for it
    from runtime.conformance.finding import find_stand_in  # noqa: PLC0415 - as above

    marks = list(metafunc.definition.iter_markers(MARK))
    cases: dict[str, Callable[[], None]] = {}
    for name in [str(mark.args[0]) for mark in marks]:
        stand_in = find_stand_in(name)
        prefix = f"{name}-" if len(marks) > 1 else ""
        cases |= {f"{prefix}{check.__name__}": partial(run, check, stand_in) for check in CHECKS}
    metafunc.parametrize(FIXTURE, list(cases.values()), ids=list(cases))
