"""The emulator's process: what it is given, and how it is found again."""

import json
import os

from ministack_fidelity.server import Server, environment, free_port


def test_nothing_of_the_users_set_up_reaches_the_emulator(tmp_path, monkeypatch):
    """The user's credentials would make the emulator take their key for root, and functions would inherit them."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_ENDPOINT_URL", "PYTHONPATH", "AUTH"):
        monkeypatch.setenv(name, "the user's")
    found = environment(tmp_path, 4566, "111111111111", "us-east-1")
    assert "the user's" not in found.values()
    assert (found["AUTH"], found["BIND_HOST"], found["GATEWAY_PORT"]) == ("true", "127.0.0.1", "4566")


def test_its_files_lie_in_its_home(tmp_path):
    """Running the project would leave files outside the checkout."""
    found = environment(tmp_path, 4566, "111111111111", "us-east-1")
    assert all(found[name].startswith(str(tmp_path)) for name in ("HOME", "TMPDIR", "STATE_DIR"))


def test_another_process_with_its_id_is_not_taken_for_it(tmp_path):
    """`down` would end a stranger's process after a reboot."""
    (tmp_path / "server.json").write_text(json.dumps({"pid": os.getpgid(0), "port": 1, "home": str(tmp_path)}))
    assert Server.load(tmp_path) is None


def test_without_a_record_nothing_runs(tmp_path):
    """`down` on a fresh checkout would fail."""
    assert Server.load(tmp_path) is None


def test_a_free_port_is_given():
    """Two clouds on one machine would clash."""
    assert 1024 < free_port() < 65_536
