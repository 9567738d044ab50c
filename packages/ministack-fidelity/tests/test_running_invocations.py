"""Functions are updated as in AWS."""

import io
import json
import os
import threading
import zipfile

import pytest

from ministack_fidelity.identities import make_role, unique

pytestmark = pytest.mark.embedded

CENTRAL = "111111111111"

CODE = """
def handler(event, context):
    open(event["begun"], "w").close()
    open(event["go"]).close()
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
    begun, go = tmp_path / "begun", tmp_path / "go"
    os.mkfifo(begun)
    os.mkfifo(go)
    answers = []

    def invoke(begun, go):
        event = json.dumps({"begun": str(begun), "go": str(go)})
        answers.append(json.load(client.invoke(FunctionName=name, Payload=event)["Payload"]))

    running = threading.Thread(target=invoke, args=(begun, go))
    running.start()
    begun.open().close()  # until the invocation opens it
    client.update_function_code(FunctionName=name, ZipFile=zipped("new"))
    go.open("w").close()
    running.join()
    invoke(os.devnull, os.devnull)
    assert answers == ["old", "new"]
