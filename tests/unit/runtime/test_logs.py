"""The processor's own log."""

import json
import logging
import threading

import pytest

from runtime.logs import configure, correlated, without_message


@pytest.fixture
def log(capsys):
    """A log that nothing has configured yet, whatever ran before; put back afterwards. Gives the lines written."""
    logger = logging.getLogger("logrouter")
    before = dict(logger.__dict__)
    logger.__dict__.clear()
    fresh = logging.Logger("logrouter").__dict__  # noqa: LOG001 - one that no process has configured yet
    logger.__dict__.update(fresh, parent=before["parent"])
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    logger.__dict__.clear()
    logger.__dict__.update(before)
    logger.setLevel(before["level"])  # what its children remember of levels is forgotten


def test_every_modules_lines_are_json_with_their_fields(log):
    """A module's line could not be found by its fields."""
    configure("INFO")
    logging.getLogger("logrouter.delivery_config").warning("invalid", extra={"fields": ("a",), "tenant_id": "acme"})
    (line,) = log()
    assert (line["message"], line["level"], line["fields"], line["tenant_id"]) == ("invalid", "WARNING", ["a"], "acme")


def test_the_level_is_the_settings(log):
    """Debug lines would fill the log, or warnings be missing."""
    configure("WARNING")
    logging.getLogger("logrouter.x").info("quiet")
    assert log() == []


def test_lines_carry_the_id_of_what_is_at_work(log):
    """Lines of objects that are processed side by side could not be told apart."""
    configure("INFO")
    logger = logging.getLogger("logrouter.x")
    with correlated("outer"):
        with correlated("inner"):
            logger.info("a")
        thread = threading.Thread(target=lambda: logger.info("other thread"))
        logger.info("b")
    thread.start()
    thread.join()
    assert [(line["message"], line.get("correlation_id")) for line in log()] == [
        ("a", "inner"),
        ("b", "outer"),
        ("other thread", None),
    ]


@pytest.mark.parametrize("evil", ["a\nb", "a\r\nb", "a\u2028b", "a\x85b", '"}\n{"forged": 1'])
def test_no_text_can_forge_a_line(log, capsys, evil):
    """A key with a line break would write a line of its own."""
    configure("INFO")
    logging.getLogger("logrouter.x").info("seen", extra={"object": evil})
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert text.isascii()
    assert json.loads(text)["object"] == evil


def test_an_exception_is_described_without_its_message():
    """An exception's message may quote a tenant's line."""
    with pytest.raises(ValueError, match="customer") as raised:
        int("a customer's line")
    described = without_message(raised.value)
    assert described["error"] == "ValueError"
    assert described["at"][-1].startswith("test_an_exception_is_described_without_its_message:")
    assert "customer" not in str(described)
