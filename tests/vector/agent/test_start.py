"""How ``agent.sh`` starts Vector, with a program in Vector's place: after which end it reads from where."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from local.paths import ROOT
from local.waiting import wait_until

SCRIPT = ROOT / "vector_config" / "base" / "agent.sh"
STAND_IN = """#!/bin/sh
cat "$DATA_DIR/pods/checkpoints.json" >"$DATA_DIR/began" 2>/dev/null || : >"$DATA_DIR/began"
echo "$ALERTS $*" >"$DATA_DIR/arguments"
echo $$ >"$DATA_DIR/pid"
trap 'exit 0' TERM
while :; do sleep 0.05; done
"""


class Node:
    """A data directory, and a start of the script on it."""

    def __init__(self, folder: Path) -> None:
        self.data, self.processes = folder / "data", list[subprocess.Popen[bytes]]()
        (self.data / "pods").mkdir(parents=True)
        (self.data / "buffer").mkdir()
        program = folder / "bin" / "vector"
        program.parent.mkdir()
        program.write_text(STAND_IN)
        program.chmod(0o755)
        self.environment = os.environ | {
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "DATA_DIR": str(self.data),
            "BUFFER_BYTES": "1048576",
            "KEEP_SECONDS": "0.6",
        }

    def start(self) -> str:
        """Start, and return the notes from which Vector begins."""
        for name in ("pid", "began"):
            (self.data / name).unlink(missing_ok=True)
        self.processes.append(subprocess.Popen(["sh", str(SCRIPT), "--config", "x"], env=self.environment))
        wait_until(lambda: self.read("pid").endswith("\n"), what="Vector's start", timeout_seconds=20)
        return self.read("began")

    def read(self, name: str) -> str:
        """Return a file's text; of one that isn't there, none."""
        path = self.data / name
        return path.read_text() if path.exists() else ""

    def note(self, text: str) -> None:
        """Note as Vector does: at once."""
        (self.data / "new").write_text(text)
        (self.data / "new").rename(self.data / "pods" / "checkpoints.json")

    def wait_for(self, name: str, text: str) -> None:
        """Wait until a file holds that text."""
        wait_until(lambda: self.read(name) == text, what=f"{text!r} in {name}", timeout_seconds=20)

    def fill(self) -> None:
        """Let the buffer be nearly full."""
        (self.data / "buffer" / "data").write_bytes(b"x" * 900_000)

    def kill(self) -> int:
        """Kill Vector as the kernel would."""
        os.kill(int(self.read("pid")), signal.SIGKILL)
        return self.processes[-1].wait(20)

    def stop(self) -> int:
        """Stop it as the kubelet does."""
        self.processes[-1].terminate()
        return self.processes[-1].wait(20)


@pytest.fixture
def node(tmp_path):
    node = Node(tmp_path)
    yield node
    if node.processes[-1].poll() is None:
        node.stop()


def test_after_a_kill_it_begins_where_the_buffer_is_sure_to_have_all_before(node):
    """Broken: lines that were read and not yet in the buffer when Vector was killed are lost."""
    assert node.start() == ""
    node.note("sure")
    node.wait_for("kept/old", "sure")
    node.note("just read")
    assert node.kill() == 128 + signal.SIGKILL
    assert node.start() == "sure"


def test_the_lane_of_alerts_is_on_where_its_queue_is_named(node):
    """Broken: alerts need more than the queue's name, or an agent without one doesn't start."""
    node.start()
    assert node.read("arguments") == " --config x\n"
    node.stop()
    node.environment["ALERT_QUEUE_URL"] = "https://sqs.us-east-1.amazonaws.com/111111111111/alerts"
    node.start()
    assert node.read("arguments") == f"true --config x --config {SCRIPT.parent / 'alerts.yaml'}\n"


def test_killed_before_a_copy_counted_it_reads_from_the_beginning(node):
    """Broken: the first lines of a node's first agent are lost with it."""
    node.start()
    node.note("just read")
    node.kill()
    assert node.start() == ""


def test_the_first_start_goes_on_from_another_vector_s_notes(node):
    """Broken: who had started Vector without the script gets everything that lies on each node a second time."""
    node.note("of a Vector without the script")
    assert node.start() == "of a Vector without the script"
    node.kill()
    assert node.start() == "of a Vector without the script"


def test_after_a_stop_it_reads_nothing_twice(node):
    """Broken: every roll-out doubles the last seconds' lines."""
    node.start()
    node.note("sure")
    node.wait_for("kept/old", "sure")
    node.note("just read")
    assert node.stop() == 0
    assert node.start() == "just read"
    node.kill()
    assert node.start() == "just read"


def test_while_the_buffer_is_nearly_full_no_copy_counts(node):
    """Broken: lines that wait in front of a full buffer are lost by a kill, or by a stop, which can't bring them in."""
    node.start()
    node.note("sure")
    node.wait_for("kept/old", "sure")
    node.fill()
    node.note("waits in front of the buffer")
    (node.data / "kept" / "young").write_text("waits too")
    node.wait_for("kept/young", "")
    assert node.stop() == 0
    assert node.start() == "sure"


def test_a_failing_vector_s_status_is_the_script_s(node):
    """Broken: the kubelet takes a broken configuration for a clean end."""
    (node.data.parent / "bin" / "vector").write_text(STAND_IN.replace("while", "exit 78; while"))
    node.start()
    assert node.processes[-1].wait(20) == 78
