"""The documentation's diagrams: the script that draws them is the pinned one, and the site's own."""

import base64
import hashlib
import io
import sys
import tarfile
from pathlib import Path

import pytest
import yaml

from local.toolchain import mermaid

ROOT = Path(__file__).parents[3]


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Stand in for npm: a program that writes an archive with a script of three bytes."""
    archive = tmp_path / "archive.tgz"
    with tarfile.open(archive, "w:gz") as files:
        member = tarfile.TarInfo("package/dist/mermaid.min.js")
        member.size = 3
        files.addfile(member, io.BytesIO(b"abc"))
    program = "import pathlib, shutil, sys; shutil.copy(sys.argv[1], pathlib.Path(sys.argv[6], sys.argv[2]))"
    command = (sys.executable, "-c", program, str(archive), f"mermaid-{mermaid.VERSION}.tgz")
    monkeypatch.setattr(mermaid, "npm_command", lambda: command)
    return base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def test_the_script_is_put_where_the_pages_look_for_it(registry, tmp_path, monkeypatch):
    """Pages would load the script of a third party, and show no diagram without a network."""
    monkeypatch.setattr(mermaid, "INTEGRITY", f"sha512-{registry}")
    mermaid.add_mermaid(tmp_path / "site")
    assert (tmp_path / "site" / mermaid.PLACE).read_bytes() == b"abc"
    settings = (ROOT / "mkdocs.yml").read_text().partition("markdown_extensions:")[0]  # behind it, a tag of Python's
    assert yaml.safe_load(settings)["extra_javascript"] == [mermaid.PLACE]


@pytest.mark.usefixtures("registry")
def test_another_archive_is_refused(tmp_path):
    """A changed package would run in every reader's browser."""
    with pytest.raises(mermaid.AnotherArchiveError):
        mermaid.add_mermaid(tmp_path / "site")
    assert not (tmp_path / "site").exists()
