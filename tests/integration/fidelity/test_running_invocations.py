"""Functions are updated as in AWS."""

import io
import json
import threading
import zipfile
from pathlib import Path

import pytest

from local.waiting import wait_until
from tests.integration.conftest import CENTRAL
from tests.integration.identities import make_role, unique

pytestmark = pytest.mark.embedded

CODE = """
import pathlib, time

def handler(event, context):
    pathlib.Path(event["begun"]).touch()
    while not pathlib.Path(event["go"]).exists():
        time.sleep(0.02)
    return "{version}"
"""


def zipped(version):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", CODE.replace("{version}", version))
    return buffer.getvalue()


def test_a_running_invocation_ends_with_the_code_it_began_with(accounts, tmp_path):
    """Every deployment would look as if it killed what is under way, and an upgrade could not be tested."""
    client, name = accounts.client("lambda", CENTRAL), unique("function")
    role = make_role(accounts, CENTRAL)
    how = {"Runtime": "python3.13", "Handler": "index.handler", "Role": role, "Timeout": 60}
    client.create_function(FunctionName=name, Code={"ZipFile": zipped("old")}, **how)
    event = json.dumps({each: str(tmp_path / each) for each in ("begun", "go")})
    answers = []

    def invoke():
        answers.append(json.load(client.invoke(FunctionName=name, Payload=event)["Payload"]))

    running = threading.Thread(target=invoke)
    running.start()
    wait_until(Path(tmp_path / "begun").exists, what="the invocation to begin", timeout_seconds=30)
    client.update_function_code(FunctionName=name, ZipFile=zipped("new"))
    (tmp_path / "go").touch()
    running.join()
    invoke()
    assert answers == ["old", "new"]
