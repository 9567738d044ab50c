"""Metric lines: what happens where they can't be written."""

import json

from runtime.metrics.lines import MetricLines


def test_a_line_that_cannot_be_written_changes_nothing_and_is_counted():
    """A full disk behind standard output would undo a delivery, which then arrives three times."""
    written, full = [], [True]

    def write(text):
        if full[0]:
            raise OSError(28, "No space left on device")
        written.append(json.loads(text))

    lines = MetricLines(write=write)
    for _ in range(3):
        lines.write({}, {}, {"message": "lost"})
    full[0] = False
    lines.write({}, {}, {"message": "first"})
    lines.write({}, {}, {"message": "second"})
    assert [(line["message"], line.get("unwritten_lines")) for line in written] == [("first", 3), ("second", None)]
