"""What is refused when a program is written, and where the problem is said to be."""

import pytest

from runtime.programs.check import REFUSED, check


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (".a = 1\n  .m = upcase(.message)", (2, 3)),
        (".x = 1\nif true {\n  .y = 2\n  .z = no_such!(1)\n}", (4, 8)),
        ("if true {\n  .y = 2\n  .z = upcase(.m)\n}\n.k = 1", (3, 3)),
        ('.y = {"a": 1,\n "b": 2\n}\n.z = unknown', (4, 1)),
        ('.y = 1\n.z = {"a": upcase(.m),\n "b": 2}', (2, 1)),
        ('.a = 1\n.b = "x', (2, 6)),
        (".a = 1\nif true { .b = 2", (2, 9)),
        (".a = 1\n.b = r'('", (2, 1)),
        (".x =\n\n 1 +", (1, 1)),
    ],
)
def test_a_problem_has_its_line_and_column(source, place, sandbox):
    """A tenant would look for an error in 8 KiB of program by the words "unhandled fallible assignment"."""
    problem = check(source, sandbox)
    assert problem is not None
    assert (problem.line, problem.column) == place
    assert problem.problem


@pytest.mark.parametrize("function", sorted(REFUSED))
def test_what_reaches_outside_or_has_its_own_will_is_refused(function, sandbox):
    """A repeated delivery would differ from the first, or a program would learn where it runs."""
    problem = check(f".a = 1\n.b, err = {function}()", sandbox)
    assert problem is not None
    assert problem.line == 2
    assert function in problem.problem


@pytest.mark.parametrize(
    "source",
    [
        ".",
        '.a = "now()" # log("x")',
        ".now = 1\n.log = .now",
        ".t = to_unix_timestamp(timestamp!(.timestamp))",
        "abort",
    ],
)
def test_a_harmless_program_passes(source, sandbox):
    """A tenant would be refused a program for the words in it."""
    assert check(source, sandbox) is None


def test_return_is_refused(sandbox):
    """It would jump over what brings the result back: every event would be one with an error."""
    problem = check("if true { return . }", sandbox)
    assert problem is not None
    assert (problem.line, problem.column) == (1, 11)


def test_a_program_cannot_reach_into_what_stands_around_it(sandbox):
    """A program whose end swallows the last line would return something that isn't its event."""
    assert check(".x = ", sandbox) is not None
    assert check("if true {", sandbox) is not None
    assert check("} {", sandbox) is not None
