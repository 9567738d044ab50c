"""The subprocess protocol: start, readiness, post, stop, against a small program that stands in for Vector."""

import os
import socket
from pathlib import Path

import pytest

from runtime.deliveries.cloudwatch.vector import process as vector_process
from runtime.deliveries.cloudwatch.vector.process import VectorConnectionError, VectorProcess, VectorStartError
from runtime.time_budget import TimeBudget
from tests.unit.runtime.deliveries.cloudwatch.fake_vector import FakeVector

VARIABLES = {"AWS_SECRET_ACCESS_KEY": "very-secret", "LOGROUTER_GROUP": "/acme/logs"}


def budget(seconds: float = 30) -> TimeBudget:
    return TimeBudget.of_seconds(seconds)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_post_gets_the_status(tmp_path: Path):
    """Broken: a refused batch would count as delivered, or a delivered one as refused."""
    fake = FakeVector.write(tmp_path, answers=[200, 400])
    with VectorProcess(fake.binary, VARIABLES) as process:
        process.start(budget())
        assert [process.post(b"one\n", 10), process.post(b"two\n", 10)] == [200, 400]
    assert fake.posts == [b"one\n", b"two\n"]


def test_credentials_are_in_the_environment_and_nowhere_else(tmp_path: Path):
    """Broken: a customer's credentials could be read from the process list or from a file left on disk."""
    fake = FakeVector.write(tmp_path)
    with VectorProcess(fake.binary, VARIABLES) as process:
        process.start(budget())
        (start,) = fake.starts
        assert start["env"]["AWS_SECRET_ACCESS_KEY"] == "very-secret"
        assert "very-secret" not in " ".join(start["argv"])
        files = [path for path in Path(start["cwd"]).rglob("*") if path.is_file()]
        assert not files


def test_the_processor_s_own_credentials_and_settings_are_not_inherited(tmp_path: Path, monkeypatch):
    """Broken: Vector could act as the execution role, or read settings that are none of its business."""
    for name in ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "TENANT_CONFIG_TABLE"):
        monkeypatch.setenv(name, "ours")
    fake = FakeVector.write(tmp_path)
    with VectorProcess(fake.binary, {"AWS_ACCESS_KEY_ID": "theirs"}) as process:
        process.start(budget())
    environment = fake.starts[0]["env"]
    assert environment["AWS_ACCESS_KEY_ID"] == "theirs"
    assert "ours" not in environment.values()


def test_it_listens_on_loopback_under_a_path_nobody_can_guess(tmp_path: Path):
    """Broken: a delivery that met another one's process on a re-used port would post into another tenant's stream."""
    fake = FakeVector.write(tmp_path)
    for _ in range(2):
        with VectorProcess(fake.binary, VARIABLES) as process:
            process.start(budget())
    first, second = (start["env"] for start in fake.starts)
    assert first["LOGROUTER_ADDRESS"].startswith("127.0.0.1:")
    assert len(first["LOGROUTER_PATH"]) > 32
    assert first["LOGROUTER_PATH"] != second["LOGROUTER_PATH"]


@pytest.mark.parametrize("answer", ["dies", "hangs"])
def test_a_lost_or_silent_process_is_a_connection_error(tmp_path: Path, answer: str):
    """Broken: a delivery would wait for ever, or count events as delivered that nobody acknowledged."""
    fake = FakeVector.write(tmp_path, answers=[answer])
    with VectorProcess(fake.binary, VARIABLES) as process:
        process.start(budget())
        with pytest.raises(VectorConnectionError):
            process.post(b"one\n", 0.3)


def test_a_missing_program_says_how_to_get_it(tmp_path: Path):
    """Broken: an operator would see a bare 'No such file' and not know what to install."""
    with (
        VectorProcess(str(tmp_path / "vector"), VARIABLES) as process,
        pytest.raises(VectorStartError, match=r"with-vector.*VECTOR_BINARY.*CLOUDWATCH_ENGINE=native"),
    ):
        process.start(budget())


def test_a_program_that_ends_at_once_is_reported_with_its_words_but_no_secret(tmp_path: Path):
    """Broken: a wrong configuration could not be told from a missing network, or a secret would reach the log."""
    fake = FakeVector.write(tmp_path, start="exits", says=["unknown field `strikt_path`", "key very-secret"])
    process = VectorProcess(fake.binary, VARIABLES, hidden=("very-secret",))
    with pytest.raises(VectorStartError, match=r"status 78.*strikt_path") as caught:
        process.start(budget())
    assert "very-secret" not in str(caught.value)
    assert not process.running


def test_the_start_is_bounded_by_the_time_budget(tmp_path: Path):
    """Broken: a Vector that never serves would hold the function until Lambda kills it, hand-over and all."""
    fake = FakeVector.write(tmp_path, start="hangs")
    process = VectorProcess(fake.binary, VARIABLES)
    with pytest.raises(VectorStartError, match="did not serve"):
        process.start(budget(0.5))
    assert not process.running


def test_the_start_is_bounded_by_its_own_limit(tmp_path: Path, monkeypatch):
    """Broken: with hours of budget (poller), one hanging start would hold a place for hours."""
    monkeypatch.setattr(vector_process, "START_SECONDS", 0.3)
    fake = FakeVector.write(tmp_path, start="hangs")
    with VectorProcess(fake.binary, VARIABLES) as process, pytest.raises(VectorStartError, match="did not serve"):
        process.start(budget(3600))


def test_a_port_taken_by_somebody_else_is_not_taken_for_vector(tmp_path: Path, monkeypatch):
    """Broken: events would be posted to whatever listens there."""
    fake = FakeVector.write(tmp_path, start="exits", says=["Address already in use"])
    other = FakeVector.write(Path(tmp_path / "other").mkdir() or tmp_path / "other")
    with VectorProcess(other.binary, VARIABLES) as first:
        first.start(budget())
        port = int(other.starts[0]["env"]["LOGROUTER_ADDRESS"].split(":")[1])
        monkeypatch.setattr(vector_process, "_free_port", lambda: port)
        with VectorProcess(fake.binary, VARIABLES) as second, pytest.raises(VectorStartError, match="already in use"):
            second.start(budget())


@pytest.mark.parametrize("answers", [[], ["hangs"]])
def test_nothing_is_left_behind(tmp_path: Path, answers: list):
    """Broken: processes with a customer's credentials, or their directories, would pile up in a warm function."""
    fake = FakeVector.write(tmp_path, answers=answers)
    with VectorProcess(fake.binary, VARIABLES) as process:
        process.start(budget())
        if answers:
            with pytest.raises(VectorConnectionError):
                process.post(b"one\n", 0.2)
    (start,) = fake.starts
    assert not is_running(start["pid"])
    assert not Path(start["cwd"]).exists()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(start["env"]["LOGROUTER_ADDRESS"].split(":")[1])))


def test_stopping_twice_or_without_a_start_is_harmless(tmp_path: Path):
    """Broken: closing after a failed start would raise and hide the reason of the failure."""
    process = VectorProcess(str(tmp_path / "vector"), VARIABLES)
    process.stop()
    process.stop()
