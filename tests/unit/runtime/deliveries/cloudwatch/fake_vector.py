"""A program that stands in for Vector: it serves what the engine relies on, and notes down what it was given.

The real program is in no package registry; ``tests/vector`` runs the same engine with it where it is on PATH.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = """#!{python}
import http.server, json, os, pathlib, signal, sys
notes = pathlib.Path({notes!r})
number = len(list(notes.glob("start-*.json")))
(notes / f"start-{{number}}.json").write_text(
    json.dumps({{"argv": sys.argv, "env": dict(os.environ), "pid": os.getpid(), "cwd": os.getcwd()}})
)
for line in {says!r}:
    print(line, file=sys.stderr, flush=True)
if {start!r} == "exits":
    sys.exit(78)
if {start!r} == "hangs":
    signal.pause()
answers = notes / "answers.json"

class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 404
        if self.path == os.environ["LOGROUTER_PATH"]:
            status = 200
            if body:
                status = self.take(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def take(self, body):
        count = len(list(notes.glob("post-*")))
        (notes / f"post-{{count}}").write_bytes(body)
        left = json.loads(answers.read_text())
        answer = left.pop(0) if left else 200
        answers.write_text(json.dumps(left))
        if answer == "dies":
            os._exit(1)
        if answer == "hangs":
            signal.pause()
        if isinstance(answer, str):
            print(answer, file=sys.stderr, flush=True)
            return 400
        return answer

    def log_message(self, *_):
        pass

host, port = os.environ["LOGROUTER_ADDRESS"].split(":")
http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


@dataclass(frozen=True)
class FakeVector:
    """Where the program is, and what it noted."""

    binary: str
    notes: Path

    @classmethod
    def write(
        cls,
        folder: Path,
        *,
        answers: list[int | str] | None = None,
        start: str = "serves",
        says: list[str] | None = None,
    ) -> "FakeVector":
        """Write the program. ``answers``: a status, ``dies``, ``hangs``, or a log line that comes before a 400."""
        notes = folder / "notes"
        notes.mkdir()
        (notes / "answers.json").write_text(json.dumps(answers or []))
        binary = folder / "vector"
        binary.write_text(PROGRAM.format(python=sys.executable, notes=str(notes), says=says or [], start=start))
        binary.chmod(0o755)
        return cls(str(binary), notes)

    @property
    def starts(self) -> list[dict[str, Any]]:
        """Command line, environment, process id and working directory of each start."""
        return [json.loads(path.read_text()) for path in sorted(self.notes.glob("start-*.json"))]

    @property
    def posts(self) -> list[bytes]:
        """The bodies that came, in order."""
        return [path.read_bytes() for path in sorted(self.notes.glob("post-*"))]
