"""``python -m runtime.processor``."""

import io
import signal
import sys

import pytest

from runtime.deliveries.registry import DeliveryMethodsError
from runtime.processor import command as program
from tests.unit.runtime.aws_world import CENTRAL_ROLE, ENVIRONMENT

SETTINGS = {
    "TENANT_CONFIG_TABLE": "configs",
    "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": CENTRAL_ROLE,
    "CENTRAL_BUCKET": "central",
    "SQS_QUEUE_URL": "https://sqs/objects",
    "DELIVERY_QUEUE_URL": "https://sqs/deliveries",
    **ENVIRONMENT,
}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(program, "configure", lambda level: None)
    return monkeypatch


@pytest.fixture
def polled(monkeypatch):
    """What the poller is started with; it ends at once. Signal handlers are put back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    seen = []

    def run(processor, clients, urls, **options):
        seen.append((urls, options))
        return "crash" not in urls[0]

    monkeypatch.setattr(program.sqs_poller, "run", run)
    yield seen
    for number, handler in before.items():
        signal.signal(number, handler)


def test_standard_input_is_processed_and_its_status_returned(environment):
    """A script could not tell whether its object was delivered."""
    environment.setattr(sys, "stdin", io.StringIO('{"Event": "s3:TestEvent"}'))
    assert program.main(["--mode", "stdin"]) == 0
    environment.setattr(sys, "stdin", io.StringIO("rubbish"))
    assert program.main(["--mode", "stdin"]) == 1


@pytest.mark.parametrize(
    ("arguments", "urls"),
    [
        ([], ["https://sqs/objects", "https://sqs/deliveries"]),
        (["--one-queue"], ["https://sqs/objects"]),
    ],
)
def test_the_poller_reads_both_queues_unless_told_otherwise(polled, arguments, urls):
    """Handed-over deliveries would wait for ever in a set-up with one poller."""
    assert program.main(["--mode", "sqs", *arguments]) == 0
    assert polled[0][0] == urls


@pytest.mark.parametrize("mode", ["sqs", "sqs-that-crashes", "stdin"])
def test_a_host_closes_its_methods_when_it_ends(environment, polled, mode):
    """Each rolling update would leave connections open at customers' endpoints and brokers until they time out."""
    ended, make = [], program.make_processor

    def made(*arguments, **options):
        processor = make(*arguments, **options)
        environment.setattr(processor, "close", lambda: ended.append(len(polled)))
        return processor

    environment.setattr(program, "make_processor", made)
    environment.setattr(sys, "stdin", io.StringIO('{"Event": "s3:TestEvent"}'))
    environment.setenv("SQS_QUEUE_URL", "https://sqs/crash" if "crashes" in mode else "https://sqs/objects")
    program.main(["--mode", mode.partition("-")[0]])
    assert ended == [0 if mode == "stdin" else 1]  # after the poller has ended


def test_a_crashed_loop_is_the_processs_exit_status(environment, polled):
    """Kubernetes would take a crash for an orderly end."""
    environment.setenv("SQS_QUEUE_URL", "https://sqs/crash")
    assert program.main(["--mode", "sqs"]) == 1


def test_a_poller_of_the_delivery_queue_reads_it_once(environment, polled):
    """The delivery queue's own deployment would poll it twice."""
    environment.setenv("SQS_QUEUE_URL", "https://sqs/deliveries")
    environment.setenv("HEARTBEAT_FILE", "/tmp/beat")
    program.main(["--mode", "sqs"])
    ((urls, options),) = polled
    assert urls == ["https://sqs/deliveries"]
    assert str(options["heartbeat_file"]) == "/tmp/beat"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_the_poller_gracefully(polled, number):
    """A pod that is shut down would be killed in the middle of its deliveries."""
    program.main(["--mode", "sqs"])
    stop = polled[0][1]["stop"]
    assert not stop.is_set()
    signal.raise_signal(number)
    assert stop.is_set()


def test_a_missing_variable_is_named_without_a_traceback(environment, capsys):
    """The operator would have to read a traceback to find a variable's name."""
    environment.delenv("CENTRAL_BUCKET")
    with pytest.raises(SystemExit) as ended:
        program.main(["--mode", "sqs"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "the environment is incomplete or wrong: CENTRAL_BUCKET: Field required\n"


def test_the_poller_needs_a_queue(environment, capsys):
    """A poller without a queue would run and do nothing."""
    environment.delenv("SQS_QUEUE_URL")
    with pytest.raises(SystemExit):
        program.main(["--mode", "sqs"])
    assert "SQS_QUEUE_URL" in capsys.readouterr().err


def test_missing_delivery_methods_are_told(environment, capsys):
    """A container without the project's own distribution would settle every object."""

    def none(*_, **__):
        raise DeliveryMethodsError("no delivery method is installed")

    environment.setattr(program, "make_processor", none)
    with pytest.raises(SystemExit):
        program.main(["--mode", "stdin"])
    assert "no delivery method is installed" in capsys.readouterr().err
