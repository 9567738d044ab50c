"""The floor reads everything, and says so."""

from benchmarks.contenders.floor import _content
from benchmarks.log_objects import write_object


def test_the_floor_meets_what_was_sent(tmp_path):
    """It would be a floor of less work than the others do."""
    written = write_object(tmp_path / "object.gz", uncompressed_bytes=300_000)
    assert _content([str(written.path)]) == written.messages
    assert written.messages.events == written.events
    assert written.messages != written.content
