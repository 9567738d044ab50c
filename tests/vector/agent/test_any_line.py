"""Whatever a process prints: one event out, its text unchanged."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vector.agent.kinds import KINDS
from tests.vector.agent.lines import POD, STAMP, run, source_line

BEGINNINGS = [kind.line[:cut] for kind in KINDS.values() for cut in (3, 12, 25, 60)]
any_line = st.one_of(
    st.text(max_size=60),
    st.builds("{}{}".format, st.sampled_from(BEGINNINGS), st.text(max_size=40)),
    st.builds(
        "{}{}{}".format, st.sampled_from(BEGINNINGS), st.text('0123456789-:.TZ+,[]{}" =', max_size=30), st.text()
    ),
)
many_lines = st.lists(any_line, min_size=200, max_size=200)


@settings(max_examples=8, deadline=None)
@given(many_lines)
def test_any_text_is_one_event_with_that_text(lines: list[str]):
    """Broken: some line, odd in a way nobody thought of, is lost, changed, or ends the program."""
    lines = [line.encode("utf-8", "ignore").decode() for line in lines]
    events = run([source_line(line) for line in lines])
    assert [event["message"] for event in events] == lines
    assert all(event["timestamp_source"] in {"line", "container runtime"} for event in events)
    assert not any(event.get("invalid_utf8") for event in events)


@settings(max_examples=5, deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=200, max_size=200))
def test_any_bytes_are_one_event_and_marked_if_changed(lines: list[bytes]):
    """Broken: bytes that are no UTF-8 end the program, or are replaced without a word."""
    events = run([source_line(line) for line in lines])
    for line, event in zip(lines, events, strict=True):
        assert event["message"].replace("\ufffd", "") == line.decode("utf-8", "ignore").replace("\ufffd", "")
        assert event.get("invalid_utf8", False) == (line.decode("utf-8", "replace").encode() != line)


def test_a_replacement_character_of_the_line_s_own_is_no_mark():
    """Broken: a line that quotes U+FFFD would be counted as broken."""
    own, both = run([source_line("a \ufffd b"), source_line("a \ufffd b \xff".encode("latin-1", "ignore") + b"\xff")])
    assert "invalid_utf8" not in own
    assert both["invalid_utf8"] is True


def test_a_line_without_message_or_time_is_still_an_event():
    """Broken: a line that the source could not take apart is lost."""
    (event,) = run([{**POD}])
    assert event["message"] == ""
    assert event["timestamp_source"] == "container runtime"


def test_a_line_of_megabytes_stays_whole():
    """Broken: a large audit event, or a dump without line ends, is cut."""
    lines = ["x" * 3_000_000, '{"kind":"Event","a":"' + "é" * 1_000_000 + '"}', "{" * 100_000]
    assert [event["message"] for event in run([source_line(line) for line in lines])] == lines


def test_dumps_stay_lines_in_their_order():
    """Broken: a stack trace is torn apart or joined; joining is left to who reads it (docs/collection.md)."""
    dump = [
        "panic: boom",
        "",
        "goroutine 1 [running]:",
        "main.main()",
        "\t/src/main.go:7 +0x1d",
        "Traceback (most recent call last):",
        '  File "a.py", line 1, in <module>',
        "java.lang.IllegalStateException: x",
        "\tat a.b.C.d(C.java:1)",
    ]
    events = run([source_line(line) for line in dump])
    assert [event["message"] for event in events] == dump
    assert {event["timestamp"] for event in events} == {STAMP}
