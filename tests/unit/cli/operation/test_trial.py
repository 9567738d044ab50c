"""``logrouter process``: which object is taken, what the processor is started with, and what is said of its answer."""

import json
import os
from types import SimpleNamespace
from urllib.parse import unquote_plus

import pytest
from typer.testing import CliRunner

from cli.connection import ApiConnection
from cli.main import app
from cli.operation import trial
from cli.operation.trial import WITHOUT, Trial
from cli.problems import NotFoundError
from runtime.messages.delivery_message import DeliveryMessage
from runtime.objects.key import MalformedKeyError
from tests.unit.cli.operation.operation_scene import OBJECT, Scene, record
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)

NAMES = ("20261118-112600", "20261118-112700")
KEYS = [OBJECT.format("acme-corp", name) for name in NAMES]
SESSION = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "SessionToken": "token"}
VARIABLES = {"CENTRAL_BUCKET": "central-logs", **dict.fromkeys(WITHOUT, "deployed")}


def written(type_, outcome="delivered", **more):
    """A delivery's record as the processor writes it."""
    fields = {"message": "delivery", "type": type_, "Outcome": outcome, "Events": 5, "Bytes": 70, "detail": ""}
    return {**fields, "set_aside": {}, **more}


class Processor:
    """Stands for the process: keeps what it was started with, writes ``lines``, ends with ``status``."""

    def __init__(self, *lines, status=0):
        self.lines, self.status = lines, status

    def __call__(self, command, **how):
        self.how = how
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in self.lines)
        return SimpleNamespace(returncode=self.status, stdout=text, stderr="Traceback: a bug")


@pytest.fixture
def scene(clients, monkeypatch):
    made = Scene(clients)
    for name in NAMES:
        made.put_object(name=name)
    made.world.put_config("s3")
    made.world.put_config("cloudwatch")
    made.world.put_config("s3:other", desired_logs={"SS": ["kube-apiserver"]})
    made.world.put_config("s3:off", enabled={"BOOL": False})
    real, function = clients.client, {"Role": "arn", "Environment": {"Variables": VARIABLES}}
    made.others = {
        "lambda": SimpleNamespace(get_function_configuration=lambda **_: function),
        "sts": SimpleNamespace(assume_role=lambda **_: {"Credentials": SESSION}),
    }
    monkeypatch.setattr(
        clients, "client", lambda service, *words, **more: made.others.get(service) or real(service, *words, **more)
    )
    made.sources.installation.outputs["ProcessorFunctionName"] = "processor"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    return made


def run(scene, monkeypatch, processor, key=KEYS[0], type_=None):
    """Try an object with a processor that answers so."""
    monkeypatch.setattr(trial.subprocess, "run", processor)
    return Trial(scene.sources, key, type_).run()


def test_each_config_is_answered_for(scene, monkeypatch):
    """Whoever tries a change would take a config that the object isn't for, or that is off, for one that lost it."""
    found = run(scene, monkeypatch, Processor(written("s3"), written("cloudwatch", "returned", Reason="throttled")))
    assert {each.type: (each.outcome, each.reason) for each in found.deliveries} == {
        "s3": ("delivered", ""),
        "cloudwatch": ("returned", "throttled"),
        "s3:other": ("not tried", "application-filtered"),
        "s3:off": ("not tried", "disabled"),
    }
    assert [each.type for each in found.deliveries if each.failed] == ["cloudwatch"]


def test_a_folder_stands_for_its_newest_object(scene, monkeypatch):
    """Nobody would find the object that was just sent, or it would be another one."""
    times = zip((KEYS[0], KEYS[1], KEYS[0].replace("p-0", "p-1")), (1, 3, 2), strict=True)
    listed = [{"Contents": [{"Key": key, "LastModified": at}]} for key, at in times]
    head = scene.world.plain("s3").head_object
    pages = SimpleNamespace(paginate=lambda **_: listed)
    scene.others["s3"] = SimpleNamespace(get_paginator=lambda _: pages, head_object=head)
    processor = Processor(written("s3"))
    assert run(scene, monkeypatch, processor, "tenant_id=acme-corp/").object == KEYS[1]
    (sent,) = json.loads(processor.how["input"])["Records"]
    assert unquote_plus(sent["s3"]["object"]["key"]) == KEYS[1]


def test_one_config_is_tried_by_a_message_of_its_own(scene, monkeypatch):
    """A plug-in's author would deliver to the tenant's other destinations with every try."""
    processor = Processor(written("s3"))
    run(scene, monkeypatch, processor, type_="s3")
    message = DeliveryMessage.read(json.loads(processor.how["input"]))
    assert (message.type, message.key, message.attempt) == ("s3", KEYS[0], 0)
    assert message.first_attempt_at == scene.sources.clock()  # else its schedule would be over: it would be parked


@pytest.mark.parametrize(
    ("key", "type_", "error"),
    [
        (OBJECT.format("acme-corp", "x"), None, NotFoundError),
        ("tenant_id=nobody/", None, NotFoundError),
        (OBJECT.format("globex", NAMES[0]), None, NotFoundError),
        (KEYS[0], "kafka", NotFoundError),
        (KEYS[0], "s3:other", NotFoundError),
        (KEYS[0], "s3:off", NotFoundError),
        ("logs/a.gz", None, MalformedKeyError),
    ],
)
def test_what_could_not_be_delivered_starts_no_processor(scene, monkeypatch, key, type_, error):
    """A disabled config's delivery would be parked, or a misspelt key end in the processor's own words."""
    scene.put_object("globex")
    with pytest.raises(error):
        run(scene, monkeypatch, lambda *_, **__: pytest.fail("it was started"), key, type_)


def test_the_processor_has_the_deployed_variables_and_no_queue(scene, monkeypatch):
    """A failed try would be handed over to the deployed processor, which has other code; or have all rights."""
    monkeypatch.setenv("AWS_DEFAULT_OUTPUT", "text")
    processor = Processor(written("s3"))
    run(scene, monkeypatch, processor)
    environment = processor.how["env"]
    assert environment["CENTRAL_BUCKET"] == "central-logs"
    assert not {*WITHOUT, "AWS_DEFAULT_OUTPUT"} & set(environment)
    signing = ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")
    assert [environment[name] for name in signing] == ["ASIA", "token", os.environ["AWS_ENDPOINT_URL"]]


def test_a_processor_that_does_not_start_is_told_about_in_its_own_words(scene, monkeypatch):
    """A plug-in that can't be imported would look like an object that nobody wants."""
    with pytest.raises(RuntimeError, match=r"status 2:\nTraceback: a bug"):
        run(scene, monkeypatch, Processor(status=2))


@pytest.fixture
def command(scene, monkeypatch):
    monkeypatch.setattr("cli.process_command.Sources", lambda _: scene.sources)
    monkeypatch.setattr(ApiConnection, "installation", lambda _: None)

    def invoke(*words, processor, local=True):
        monkeypatch.setattr(trial.subprocess, "run", processor)
        return CliRunner().invoke(
            app, [*(["--local"] if local else []), "process", *words], env={"LOGROUTER_FORCE_TTY": "200"}
        )

    return invoke


def test_it_is_said_what_is_doubled_and_what_is_replaced(scene, command):
    """Whoever counts events in the destination would look for a fault in the processor."""
    found = [record(30, type_=each) for each in ("s3", "cloudwatch")]
    scene.sources.__dict__["records"] = SimpleNamespace(
        lines=lambda *_, **wanted: found if wanted["object"] == KEYS[0] else []
    )
    done = command(KEYS[0], processor=Processor(written("s3"), written("cloudwatch")))
    assert done.exit_code == 0, done.output
    shown = " ".join(done.stdout.split())
    assert "s3 had the object already: the copy has replaced it" in shown
    assert "cloudwatch had been delivered already: it has these 5 events once more" in shown


def test_a_delivery_that_failed_is_a_status_of_its_own_with_the_processors_words(command):
    """A script would go on; the plug-in's own line would be lost."""
    line = {"level": "ERROR", "message": "a delivery failed unexpectedly", "error": "KeyError", "at": ["send:3"]}
    done = command(KEYS[0], processor=Processor(written("s3", "returned", Reason="unexpected"), line, "a print"))
    assert done.exit_code == 1
    assert "error: KeyError, at: ['send:3']" in done.stderr
    assert "a print" in done.stderr
    assert "it would be handed over" not in done.stderr
    assert "would hand it over" in done.stdout


def test_it_is_refused_outside_the_embedded_cloud(command):
    """A try of unfinished code would deliver to a customer."""
    done = command(KEYS[0], processor=lambda *_, **__: pytest.fail("it was started"), local=False)
    assert done.exit_code == 2
    assert "replay" in done.output


def test_a_key_that_is_none_is_a_word_that_is_wrong(command):
    """It would be called a fault of the command."""
    assert command("logs/a.gz", processor=None).exit_code == 2
