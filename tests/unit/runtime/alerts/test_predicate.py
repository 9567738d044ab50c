"""A rule's predicate: what is refused when it is written, which lines it holds for, and what a harmful one costs."""

import pytest

from runtime.alerts.predicate import FAILED, KILLED, MAX_KILLS, NO_TRUTH, REFUSED, SWITCHED_OFF, LineMatcher, problem_of
from runtime.errors import RetryableError
from runtime.programs.sandbox import EngineMissingError, Sandbox, WorkerLostError, find_engine
from tests.unit.runtime.alerts.alert_scene import a_line, a_rule

ENDLESS = (
    'i = 0\nfor_each(split(string!(.message), "")) -> |_a, _b| {\n'
    + "\n".join('for_each(split(string!(.message), "")) -> |_a, _b| {' for _ in range(4))
    + "i = i + 1"
    + "}" * 5
    + "\ni > 0"
)


@pytest.fixture
def sandbox():
    """A worker of this test's own."""
    made = Sandbox(find_engine())
    yield made
    made.close()


@pytest.fixture
def seen():
    return []


@pytest.fixture
def matcher(sandbox, seen):
    return LineMatcher(lambda rule, what, lines: seen.append((rule.name, what, lines)), lambda: sandbox)


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ('contains(string!(.message), "failed")', [True, False]),
        ('.level == "error" && .application == "etcd"', [True, True]),
        ('starts_with(string!(.pod_name), "api-")', [False, False]),
        ("parsed = object(parse_json(.message) ?? null) ?? {}\nparsed.code == 500", [False, True]),
        ('if contains(string!(.message), "failed") { abort }\ntrue', [False, True]),
        ('format_timestamp!(.timestamp, "%Y") == "2025" # of the line', [True, True]),
    ],
)
def test_it_holds_for_the_lines_that_it_says(matcher, predicate, expected):
    """A customer would be notified of other lines than those of the predicate."""
    lines = [a_line(id="01"), a_line('{"code": 500}', id="02")]
    found = matcher.matching(a_rule(predicate=predicate), lines)
    assert [line in found for line in lines] == expected


def test_all_that_is_named_must_hold_beside_it(matcher):
    """A predicate would notify of another cluster's or a lower level's lines."""
    lines = [a_line(level="info"), a_line(cluster_id="c2"), a_line()]
    assert matcher.matching(a_rule(predicate="true", cluster_ids=["c1"]), lines) == lines[2:]


def test_a_line_that_it_fails_with_does_not_match_and_is_counted(matcher, seen):
    """One odd line would fire an alert, or keep those beside it from firing one."""
    lines = [a_line("x", id="01"), a_line('{"a": 1}', id="02")]
    found = matcher.matching(a_rule(predicate="parse_json!(.message).a == 1"), lines)
    assert (found, seen) == (lines[1:], [("errors", FAILED, 1)])


@pytest.mark.parametrize(
    ("predicate", "problem"),
    [
        ("1", str(NO_TRUTH)),
        ('"a": true', "syntax error"),
        ("string!(.message)", str(NO_TRUTH)),
        ('contains(.message, "x")', "invalid argument type"),
        ("true && now() > t'2026-01-01T00:00:00Z'", "line 1, column 9: now can't be used"),
        ("x = 1\ntrue && nonsense(1)", "line 2, column 9: there is no function nonsense"),
        ("return true", "return"),
        ("true }; if true {", "syntax error"),
    ],
)
def test_what_is_no_predicate_is_refused_where_it_is_wrong(sandbox, predicate, problem):
    """A rule would be stored that never fires, and its writer wouldn't know why."""
    assert problem in str(problem_of(predicate, sandbox))


def test_a_predicate_that_compiles_is_taken(sandbox):
    """No rule could have one."""
    assert problem_of('contains(string!(.message), "x")', sandbox) is None


def test_one_that_never_ends_is_switched_off_and_others_go_on(matcher, seen):
    """One tenant's predicate would hold up every tenant's alerts."""
    harmful, harmless = a_rule(predicate=ENDLESS), a_rule(name="good", predicate="true")
    lines = [a_line("x" * 500)]
    for _ in range(MAX_KILLS + 1):
        assert matcher.matching(harmful, lines) == []
        assert matcher.matching(harmless, lines) == lines
    assert [what for _, what, _ in seen] == [KILLED] * MAX_KILLS + [SWITCHED_OFF]


def test_one_that_was_written_past_the_api_is_not_run_if_it_is_refused(matcher, seen):
    """A predicate put into the table by hand could depend on the clock."""
    assert matcher.matching(a_rule(predicate="now() == now()"), [a_line()]) == []
    assert matcher.matching(a_rule(predicate="nonsense()"), [a_line()]) == []
    assert [what for _, what, _ in seen] == [REFUSED, REFUSED]


@pytest.mark.parametrize("error", [EngineMissingError(), WorkerLostError("x"), TimeoutError()])
def test_what_is_not_its_fault_is_tried_again(error):
    """A copy would be lost because a worker was killed from outside."""

    def fails():
        raise error

    with pytest.raises(RetryableError):
        LineMatcher(lambda *_: None, fails).matching(a_rule(predicate="true"), [a_line()])


def test_without_a_predicate_no_worker_is_asked():
    """Every rule would pay for what a few have."""
    matcher = LineMatcher(lambda *_: None, lambda: pytest.fail("the worker was asked"))
    assert matcher.matching(a_rule(), [a_line(), a_line(level="info")]) == [a_line()]
    assert matcher.matching(a_rule(predicate="true"), [a_line(level="info")]) == []
