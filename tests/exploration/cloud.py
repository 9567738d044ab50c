"""All stand-ins behind one transport, where every request of the runtime arrives."""

import io
from functools import cache
from hashlib import blake2b

import botocore.endpoint
from botocore import useragent
from botocore.retries import quota

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials
from runtime.aws.request_head import request_head
from runtime.aws.response import ConnectionClosedError, Response
from tests.exploration.stand_ins.buckets import Bucket, Buckets
from tests.exploration.stand_ins.calls import ServiceError, as_answer, identified, read_call
from tests.exploration.stand_ins.endpoints import Endpoints, PassKeys, Secrets, posted
from tests.exploration.stand_ins.logs import LogGroups
from tests.exploration.stand_ins.queues import Queue, Queues
from tests.exploration.stand_ins.roles import Roles
from tests.exploration.stand_ins.tables import Table, Tables

REGION = "us-east-1"
CENTRAL = "central-logs"
VISIBILITY_SECONDS = 720.0  # six times the function's time-out, as the stacks have it
INDEXES = {
    "by-reason": ("reason", "first_attempt_at"),
    "by-destination": ("destination", "turn"),
    "by-work": ("work", "due_at"),
}


class Cloud:
    """The central account's resources, and the services."""

    def __init__(self, simulation, faults):
        self.simulation = simulation
        self.faults = faults
        self.object_dlq, self.delivery_dlq, self.outside_dlq = (
            Queue(simulation, f"{name}-dlq") for name in ("objects", "deliveries", "outside")
        )
        self.objects = Queue(
            simulation, "objects", visibility=VISIBILITY_SECONDS, max_receives=5, dead_letters=self.object_dlq
        )
        self.deliveries = Queue(
            simulation, "deliveries", visibility=VISIBILITY_SECONDS, max_receives=20, dead_letters=self.delivery_dlq
        )
        self.outside = Queue(
            simulation, "outside", visibility=VISIBILITY_SECONDS, max_receives=20, dead_letters=self.outside_dlq
        )
        self.configs, self.parked = (
            Table(simulation, "configs", "type"),
            Table(simulation, "parked", "delivery", INDEXES),
        )
        self.central = Bucket(CENTRAL, versioned=True)
        self.roles = Roles(simulation)
        self.logs = LogGroups(simulation, self.roles)
        self.endpoints = Endpoints(simulation)
        self.queues = Queues(simulation, [*self.work_queues, *self.dead_letter_queues])
        self.queues.doubled = faults.doubles
        self.queues.idle_wait = 900.0
        self.buckets = Buckets(simulation, self.roles, [self.central])
        self.services = {
            "sqs": self.queues,
            "dynamodb": Tables([self.configs, self.parked]),
            "s3": self.buckets,
            "sts": self.roles,
            "logs": self.logs,
            "kms": PassKeys(),
            "secretsmanager": Secrets(),
            "https": self.endpoints,
        }
        self.calls = 0
        self.story = []
        self._trace = blake2b(digest_size=16)

    @property
    def work_queues(self):
        """The queues that processors read."""
        return self.objects, self.deliveries, self.outside

    @property
    def dead_letter_queues(self):
        """Theirs."""
        return self.object_dlq, self.delivery_dlq, self.outside_dlq

    def send(self, method, url, target, headers, body, *, limits, streams=False, address=None):
        """Answer a request (``runtime.aws.http_transport.Transport``). ``address``: it is for a customer's host."""
        del streams
        request_head(method, target, headers)
        call = posted(url, headers, body) if address else read_call(method, url, target, headers, body)
        self.calls += 1
        simulation = self.simulation
        simulation.sleep(simulation.random.uniform(0.002, 0.03))
        fault = self.faults.of(call)

        def effect():
            return identified(self.services[call.service].answer(call), call.service)

        outcome = fault.kind if fault else "done"
        try:
            answer = self.faults.around(fault, limits, effect) if fault else effect()
        except ServiceError as error:
            outcome = error.code
            answer = identified(as_answer(error, call), call.service)
        except (ConnectionClosedError, TimeoutError):
            self._tell(call, outcome)
            raise
        self._tell(call, outcome)
        simulation.sleep(simulation.random.uniform(0.002, 0.03))
        content = io.BytesIO(answer.body)
        return Response(answer.status, answer.headers, content.read, content.close)

    def forget(self):
        """Nothing is kept."""

    def _tell(self, call, outcome):
        """Note a call for the trace's digest."""
        simulation = self.simulation
        line = f"{simulation.elapsed:.3f} {simulation.current.name} {call.name} {outcome}"
        self._trace.update(line.encode())
        self.story.append(line)

    def digest(self):
        """Return the digest of all calls, their order, times and outcomes."""
        return self._trace.hexdigest()


class CurrentTransport:
    """The transport of clients that outlive a schedule: making them takes longer than many schedules."""

    cloud = None

    def send(self, *arguments, **named):
        """Send to the cloud of the schedule that runs."""
        return self.cloud.send(*arguments, **named)

    def forget(self):
        """Nothing is kept."""


class Clients(AwsClients):
    """The real clients, on the stand-ins. One for all processes: they hold nothing that a process would lose."""

    def __init__(self):
        self._quotas = []
        quota.RetryQuota.__init__ = self._noted(quota.RetryQuota.__init__)
        super().__init__(REGION, transport=CurrentTransport())
        self._own = Credentials("AKIAPROCESSOR", "secret", "", float("inf"))
        self._sdk_session().set_credentials("AKIAPROCESSOR", "secret")
        useragent.sanitize_user_agent_string_component = cache(useragent.sanitize_user_agent_string_component)
        botocore.endpoint.time = scheduling  # its pauses between attempts
        for service in ("sqs", "dynamodb", "s3", "logs", "sts"):
            self.client(service)

    def _noted(self, made):
        def init(quota_, *arguments, **named):
            made(quota_, *arguments, **named)
            self._quotas.append(quota_)

        return init

    def enter(self, cloud):
        """Send to this cloud from now on; what the clients remember of failures is forgotten."""
        self._transport.cloud = cloud
        for each in self._quotas:
            each._available_capacity = each._max_capacity


class Records:
    """Standard output while a schedule runs: the log group of the records."""

    def __init__(self, cloud, read):
        self._cloud = cloud
        self._read = read

    def write(self, text):
        """Take a line."""
        fields = self._read(text)
        at = int(self._cloud.simulation.now() * 1000)
        self._cloud.logs.records.append((at, fields, text))

    def flush(self):
        """Nothing is held back."""


__all__ = ["CENTRAL", "REGION", "Bucket", "Clients", "Cloud", "Records"]
