"""The memory of what was settled: bounded in time and size."""

from runtime.processor import pipeline
from runtime.processor.pipeline import REMEMBERED_SECONDS, DeduplicationCache


def test_it_remembers_and_forgets():
    """A duplicate would be delivered; or an object that is sent anew next week be left out."""
    now = [1000.0]
    memory = DeduplicationCache(clock=lambda: now[0])
    memory.add("one")
    assert "one" in memory
    assert "other" not in memory
    now[0] += REMEMBERED_SECONDS
    assert "one" not in memory


def test_it_is_bounded(monkeypatch):
    """A host would grow with every object that it ever saw."""
    monkeypatch.setattr(pipeline, "REMEMBERED_MESSAGES", 10)
    memory = DeduplicationCache()
    for number in range(25):
        memory.add(number)
    assert [number for number in range(25) if number in memory] == list(range(15, 25))
