"""A Java server that doesn't start says why in its own words."""

from types import SimpleNamespace

import pytest

from local.waiting import WaitedTooLongError, wait_until
from tests.destinations.servers import java_server
from tests.destinations.servers.java_server import JavaServer, ServerDiedError

REFUSAL = "UnsupportedClassVersionError"


@pytest.mark.parametrize("end", ["exit 1", "exec cat"])
def test_its_last_lines_and_what_it_needs_are_shown(tmp_path, monkeypatch, end):
    """A user of `make test-destinations` would read that something wasn't ready in time, and nothing else."""
    java = tmp_path / "java"
    java.write_text(f"#!/bin/sh\necho {REFUSAL}\n{end}\n")
    java.chmod(0o755)

    def wait(condition, *, what, timeout_seconds):
        log = tmp_path / "server.log"
        wait_until(lambda: REFUSAL in log.read_text(), what="its words", timeout_seconds=60)
        if end == "exit 1":
            wait_until(condition, what=what, timeout_seconds=60)
        raise WaitedTooLongError(f"waited {timeout_seconds:g} s for {what}")

    monkeypatch.setattr(java_server, "wait_until", wait)
    artifacts = SimpleNamespace(java=str(java), classpath="x")
    server = JavaServer(artifacts, tmp_path, heap_mb=64, main="kafka.Kafka", ready="started")
    with pytest.raises(ServerDiedError, match=rf"(?s)kafka\.Kafka.*{REFUSAL}.*JDK of version 17"):
        server.start()
