"""What runs the runtime's code: pollers and functions with their event sources, the schedules and the stream."""

import json
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from runtime.deliveries.registry import find_methods
from runtime.delivery_state.reconciliation_progress import ReconciliationProgress
from runtime.delivery_state.replay_selection import Selection
from runtime.delivery_state.replays import Replay, Replays
from runtime.endpoints import client as endpoint_client
from runtime.endpoints import egress
from runtime.metrics.lines import MetricLines
from runtime.processor import lambda_handler as processor_function
from runtime.processor import sqs_poller
from runtime.processor.assembly import make_processor
from runtime.processor.settings import ProcessorSettings
from runtime.reconciliation import lambda_handler as reconciliation_function
from runtime.reconciliation.comparison import Comparison
from runtime.reconciliation.reconciler import Limits, Reconciler
from runtime.record_log.lines import RecordLog
from runtime.resumption import lambda_handler as resumption_function
from runtime.resumption.assembly import make_workers
from runtime.resumption.settings import ResumptionSettings
from tests.exploration.cloud import CENTRAL, REGION, CurrentTransport
from tests.exploration.simulation import START, Process
from tests.exploration.stand_ins.endpoints import ADDRESS
from tests.exploration.stand_ins.roles import CENTRAL_ROLE

FUNCTION_SECONDS = 120.0
RESUMPTION_SECONDS = 60.0
REDRIVEN_EVERY = 600.0
RECONCILIATION_SECONDS = 900.0
RECONCILED_EVERY = 6 * 3600.0
OLDER_THAN = 720.0 * 5 + 3600.0
RESTART_SECONDS = 5.0
GRACE_SECONDS = 75.0
EVENT_SOURCES = 2
"""Invocations of each queue at once."""
METHODS = find_methods()


class Hosts:
    """All processes of one schedule. ``running``: the host's processes that are alive."""

    def __init__(self, simulation, cloud, clients, attempts_seconds, *, outside=False):
        self.simulation = simulation
        self.cloud = cloud
        self.clients = clients
        self.attempts_seconds = attempts_seconds
        self.outside = outside  # whether there is a processor for customers' endpoints
        self.running = []
        self.started = 0  # of the host's processes, in all
        self.changed = []  # configs of which the stream hasn't told yet
        self.made = {}  # by process: what it keeps between invocations
        cloud.configs.listeners.append(self.changed.append)

    def begin(self, host, count, invocations=0):
        """Start everything."""
        spawn = self.simulation.spawn
        inside, outside = (self.cloud.objects, self.cloud.deliveries), (self.cloud.outside,) if self.outside else ()
        for _ in range(count):
            if host == "poller":
                spawn(lambda: self._poller("processor", inside), "poller-host")
                if outside:
                    spawn(lambda: self._poller("outside", outside), "poller-host")
        if host == "function":
            for queue in (*inside, *outside):
                for _ in range(EVENT_SOURCES):
                    spawn(lambda queue=queue: self._event_source(queue), "event-source")
                spawn(lambda queue=queue: self._scale(queue, invocations), "event-source")
        spawn(self._scheduled_resumption, "schedule")
        spawn(self._scheduled_redrive, "schedule")
        spawn(self._stream, "stream")
        spawn(self._scheduled_reconciliation, "schedule")

    @contextmanager
    def patched(self):
        """Let the functions' handlers find what their process has made."""
        with ExitStack() as patches:
            for module, name, make in (
                (processor_function, "processor", self._processor),
                (resumption_function, "workers", self._workers),
                (reconciliation_function, "reconciler", self._reconciler),
            ):
                patches.enter_context(patch.object(module, name, lambda make=make: self._of_process(make)))
            patches.enter_context(patch.object(endpoint_client, "HttpTransport", self._endpoint_transport))
            patches.enter_context(patch.object(egress, "system_resolver", lambda *_: [ADDRESS]))
            settings = SimpleNamespace(older_than_seconds=OLDER_THAN)
            patches.enter_context(patch.object(reconciliation_function, "settings", lambda: settings))
            yield

    def _endpoint_transport(self, **_):
        transport = CurrentTransport()
        transport.cloud = self.cloud
        return transport

    def _of_process(self, make):
        process = self.simulation.current.process
        if process not in self.made:
            self.made[process] = make()
        return self.made[process]

    def _processor(self):
        cloud = self.cloud
        settings = ProcessorSettings(
            tenant_config_table=cloud.configs.name,
            central_log_distribution_role_arn=CENTRAL_ROLE,
            central_bucket=CENTRAL,
            aws_region=REGION,
            delivery_queue_url=cloud.deliveries.url,
            object_dlq_url=cloud.object_dlq.url,
            delivery_dlq_url=cloud.delivery_dlq.url,
            parked_deliveries_table=cloud.parked.name,
            delivery_schedule_seconds=self.attempts_seconds,
        )
        if not self.outside:
            return make_processor(settings, clients=self.clients, methods=METHODS)
        if self.simulation.current.process.role == "outside":
            more = {"delivery_queue_url": cloud.outside.url, "delivery_dlq_url": cloud.outside_dlq.url}
            more |= {"logrouter_placement": "outside", "object_dlq_url": None}
        else:
            more = {"logrouter_placement": "inside", **self._way_outside()}
        return make_processor(settings.model_copy(update=more), clients=self.clients)

    def _way_outside(self):
        return {"outside_queue_url": self.cloud.outside.url, "pass_key_id": "key"} if self.outside else {}

    def _workers(self):
        settings = ResumptionSettings(
            aws_region=REGION,
            central_bucket=CENTRAL,
            tenant_config_table=self.cloud.configs.name,
            parked_deliveries_table=self.cloud.parked.name,
            object_queue_url=self.cloud.objects.url,
            object_dlq_url=self.cloud.object_dlq.url,
            delivery_queue_url=self.cloud.deliveries.url,
            delivery_dlq_url=self.cloud.delivery_dlq.url,
            delivery_schedule_seconds=self.attempts_seconds,
            outside_dlq_url=self.cloud.outside_dlq.url if self.outside else None,
            **self._way_outside(),
        )
        return make_workers(settings, self.clients)

    def _reconciler(self):
        return Reconciler(
            self.clients,
            Comparison(self.clients, CENTRAL, RecordLog(self.clients, ("/processor",))),
            ReconciliationProgress(self.clients, self.cloud.parked.name),
            self.cloud.objects.url,
            limits=Limits(older_than=OLDER_THAN),
            lines=MetricLines(),
        )

    def _runs(self, process):
        self.running.append(process)
        self.started += 1

    # the poller

    def _poller(self, role, queues):
        urls = [queue.url for queue in queues]
        while True:
            process = Process("poller", role)
            self._runs(process)
            ended = []
            self.simulation.spawn(
                lambda process=process, ended=ended: self._poll(process, ended, urls), "poller", process
            )
            self.simulation.block(lambda process=process, ended=ended: ended or process.killed)
            self.running.remove(process)
            self.simulation.sleep(RESTART_SECONDS)

    def _poll(self, process, ended, urls):
        process.stop = sqs_poller.StopSignal()
        sqs_poller.run(self._of_process(self._processor), self.clients, urls, stop=process.stop)
        ended.append(True)

    def stop_one(self):
        """Tell a host to end (SIGTERM); kill it if it doesn't in time. A function's environment is just ended."""
        if not self.running:
            return
        process = self.running[0]
        if process.name == "poller":
            process.stopping = True
            process.stop.set()
            if self.simulation.block(lambda: process not in self.running, GRACE_SECONDS):
                return
        self.cloud.faults.killed(process)
        process.killed = True

    # functions

    def _scale(self, queue, invocations):
        """Begin further invocations while messages wait, as Lambda does: 300 a minute, up to that many."""
        for _ in range(EVENT_SOURCES, invocations):
            self.simulation.block(lambda: queue.visible() > 0)
            self.simulation.sleep(60 / 300)
            self.simulation.spawn(lambda: self._event_source(queue), "event-source")

    def _event_source(self, queue):
        """Invoke the function with what a queue has; delete what it doesn't give back."""
        process = None
        while True:
            messages = queue.receive(10, wait=86_400.0, twice=lambda: self.cloud.faults.doubles(queue))
            if not messages:
                continue
            if process is None or process.killed:
                process = Process("function", "outside" if queue is self.cloud.outside else "processor")
                self._runs(process)
            receipts = {message.id: message.receipt for message in messages}
            records = [{"body": one.body, "messageId": one.id, "receiptHandle": one.receipt} for one in messages]
            answer = self.invoke(process, processor_function, {"Records": records}, FUNCTION_SECONDS)
            if process.killed:
                self.running.remove(process)
            if answer is None:
                continue
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            for message_id, receipt in receipts.items():
                if message_id not in failed:
                    queue.delete(receipt)

    def invoke(self, process, function, event, seconds):
        """Invoke a function; ``None`` where it failed, was killed, or reached its time-out, with which it is killed."""
        simulation = self.simulation
        answers = []
        end = simulation.elapsed + seconds
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: (end - simulation.elapsed) * 1000)

        def run():
            try:
                answers.append(function.handler(event, context))
            except Exception:  # noqa: BLE001 - as Lambda does: whoever invoked it decides what follows
                answers.append(None)

        simulation.spawn(run, process.name, process)
        if not simulation.block(lambda: answers or process.killed, seconds):
            self.cloud.faults.killed(process)
        process.killed = process.killed or not answers
        return answers[0] if answers else None

    def _scheduled_resumption(self):
        process = Process("resumption")
        while True:
            self._wait_for_due()
            self.simulation.sleep(60.0 - self.simulation.elapsed % 60.0)
            process = Process("resumption") if process.killed else process
            self.invoke(process, resumption_function, {}, RESUMPTION_SECONDS)

    def _scheduled_redrive(self):
        process, dead_letters = Process("resumption"), self.cloud.dead_letter_queues
        while True:
            self.simulation.block(lambda: any(queue.messages for queue in dead_letters))
            self.simulation.sleep(REDRIVEN_EVERY - self.simulation.elapsed % REDRIVEN_EVERY)
            process = Process("resumption") if process.killed else process
            self.invoke(process, resumption_function, resumption_function.REDRIVE, RESUMPTION_SECONDS)

    def replay(self, tenant):
        """Let an operator replay everything of a tenant."""
        replays = Replays(self.clients, self.cloud.parked.name)
        while True:
            try:
                replays.start(Replay(Selection(tenant), per_second=0.5))  # slowly: it takes more than one turn
            except Exception:  # noqa: BLE001 - an operator tries again
                self.simulation.sleep(60.0)
            else:
                return

    def _wait_for_due(self):
        """Pass over the minutes in which the function would find nothing to do."""
        while True:
            items = self.cloud.parked.items.values()
            due = min((float(item["due_at"]["N"]) for item in items if "work" in item), default=None)
            if due is not None and due <= self.simulation.now():
                return
            seen = self.cloud.parked.changes
            left = None if due is None else due - self.simulation.now()
            self.simulation.block(lambda seen=seen: self.cloud.parked.changes != seen, left)

    def _stream(self):
        process = Process("resumption")
        while True:
            self.simulation.block(lambda: self.changed)
            told, failures = list(self.changed), 0
            keys = [{"tenant_id": {"S": tenant}, "type": {"S": type_}} for tenant, type_ in told]
            event = {"Records": [{"dynamodb": {"Keys": each}} for each in keys]}
            while self.invoke(process, resumption_function, event, RESUMPTION_SECONDS) is None:
                process = Process("resumption") if process.killed else process
                failures += 1
                self.simulation.sleep(min(60.0, 2.0 ** min(failures, 6)))
            del self.changed[: len(told)]

    def _scheduled_reconciliation(self):
        self.simulation.sleep(self.simulation.random.uniform(0, RECONCILED_EVERY))
        while True:
            self.invoke(Process("reconciliation"), reconciliation_function, {}, RECONCILIATION_SECONDS)
            self.simulation.sleep(RECONCILED_EVERY)


def notification(bucket, key, version, sequencer):
    """Return S3's notification of a version."""
    named = {
        "key": key.replace("=", "%3D"),
        "size": len(version.body),
        "eTag": version.etag,
        "versionId": version.id,
        "sequencer": sequencer,
    }
    s3 = {"bucket": {"name": bucket}, "object": named}
    return json.dumps({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}]})


__all__ = ["START", "Hosts", "notification"]
