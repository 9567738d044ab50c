"""What of Vector's log is kept for diagnostics."""

import io
import json

from runtime.deliveries.cloudwatch.vector.log import MAX_LINE_CHARACTERS, MAX_LINES, LogTail


def fed(*lines: str, serving: bool = True, hidden: tuple[str, ...] = ()) -> LogTail:
    tail = LogTail(hidden)
    if serving:
        tail.mark_serving()
    tail.read(io.BytesIO("\n".join(lines).encode()))
    return tail


def test_while_serving_only_fixed_words_and_error_codes_are_kept():
    """Broken: a tenant's log line, quoted in an error, would reach the provider's logs."""
    error = "AccessDeniedException: while sending 'password=hunter2 SecretException'"
    tail = fed(json.dumps({"level": "ERROR", "message": "Not retriable", "error": error}))
    assert tail.text() == "ERROR Not retriable AccessDeniedException"
    assert tail.take_codes() == {"AccessDeniedException"}


def test_while_serving_lines_of_another_form_and_low_levels_are_not_kept():
    """Broken: a panic's dump or a debug line could carry a tenant's content."""
    assert fed("thread panicked at hunter2", json.dumps({"level": "INFO", "message": "x"}), "[1]").text() == ""


def test_before_serving_lines_are_kept_without_secrets():
    """Broken: a configuration error could not be diagnosed, or would be printed with a credential in it."""
    error = json.dumps({"level": "ERROR", "message": "Configuration error.", "error": "no key-123", "level2": 1})
    tail = fed("panicked at key-123", error, serving=False, hidden=("key-123", ""))
    assert tail.text() == "panicked at *** | ERROR Configuration error. no ***"


def test_before_serving_chatter_is_not_kept():
    """Broken: twenty lines of good news would push out the one that explains why Vector ended."""
    assert fed('{"level":"INFO","message":"Log level is enabled.","level":"\\"info\\""}', serving=False).text() == ""


def test_the_start_is_forgotten_once_it_serves():
    """Broken: a warning of the start would be read as the reason of a later failure."""
    tail = fed("odd", serving=False)
    tail.mark_serving()
    assert tail.text() == ""


def test_codes_are_given_once():
    """Broken: yesterday's AccessDenied would explain today's throttling."""
    tail = fed(json.dumps({"level": "WARN", "message": "Retrying", "error": "ThrottlingException"}))
    assert tail.take_codes() == {"ThrottlingException"}
    assert tail.take_codes() == set()


def test_the_tail_is_bounded():
    """Broken: a chatty Vector would grow the processor's memory, and the log record."""
    tail = fed(*["x" * 1000] * 100, serving=False)
    assert len(tail.text()) <= MAX_LINES * (MAX_LINE_CHARACTERS + 3)
