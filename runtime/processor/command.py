"""The command line of ``python -m runtime.processor``: reads the environment, starts a host, gives its exit status."""

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from runtime.aws.clients import AwsClients
from runtime.deliveries.registry import DeliveryMethodsError
from runtime.logs import configure
from runtime.processor import sqs_poller, stdin
from runtime.processor.assembly import make_processor
from runtime.processor.deferred_gc import deferred_gc_import
from runtime.processor.malloc import tune_malloc
from runtime.processor.settings import ProcessorSettings

CRASHED = 1  # exit status: a loop ended that nobody had stopped
MISCONFIGURED = 2  # exit status, as argparse's own


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a host; returns the exit status. Raises ``SystemExit`` where the environment or the installation is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m runtime.processor",
        description="Deliver logs from a queue, or of one notification.",
        formatter_class=partial(argparse.HelpFormatter, width=100),  # else it loads what measures the terminal: 2 ms
    )
    parser.add_argument("--mode", choices=("sqs", "stdin"), required=True)
    parser.add_argument(
        "--one-queue", action="store_true", help="with --mode sqs: read SQS_QUEUE_URL alone, not DELIVERY_QUEUE_URL too"
    )
    chosen = parser.parse_args(arguments)
    tune_malloc()
    try:
        with deferred_gc_import():  # the delivery methods, and what they need
            settings = ProcessorSettings.read()
            configure(settings.log_level)
            clients = AwsClients(settings.aws_region)
            processor = make_processor(settings, clients=clients)
    except ValidationError as error:
        problems = "; ".join(f"{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        parser.exit(MISCONFIGURED, f"the environment is incomplete or wrong: {problems}\n")
    except DeliveryMethodsError as error:
        parser.exit(MISCONFIGURED, f"{error}\n")
    if chosen.mode == "stdin":
        with closing(processor):
            return stdin.run(processor, sys.stdin.read())
    urls = queue_urls(settings, one_queue=chosen.one_queue)
    if not urls:
        parser.exit(MISCONFIGURED, "SQS_QUEUE_URL is needed for --mode sqs\n")
    stop = sqs_poller.StopSignal()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    heartbeat = Path(settings.heartbeat_file) if settings.heartbeat_file else None
    with closing(processor):  # when every loop has ended, and what was at work is handed over
        return 0 if sqs_poller.run(processor, clients, urls, stop=stop, heartbeat_file=heartbeat) else CRASHED


def queue_urls(settings: ProcessorSettings, *, one_queue: bool) -> list[str]:
    """Return the queues to poll: the object queue and the delivery queue, unless a process has one of its own."""
    if settings.sqs_queue_url is None:
        return []
    delivery = settings.delivery_queue_url
    return list(dict.fromkeys([settings.sqs_queue_url] + ([delivery] if delivery and not one_queue else [])))
