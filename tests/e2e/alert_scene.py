"""A tenant that is alerted: the agent's lane into the deployed function, and a queue at the topic in its account."""

import json
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from local import cluster
from local.loader.agent import Agent
from local.waiting import wait_until
from ministack_fidelity.identities import unique
from tests.e2e.cloud import Cloud
from tests.e2e.tenants import Tenant
from tests.faults.exchange import Exchange
from tests.faults.injected import Refuse, Strike
from tests.faults.proxy import proxy
from tests.vector.agent.alert_lane import MARKING, copies
from tests.vector.agent.lines import POD, source_line

HIDDEN_SECONDS: Final = 5
"""Of a message that a killed invocation had, in place of the six minutes that the stack says."""
KILLED_CALL: Final = 7
PRINTED: Final = "E1123 13:23:04.757533       1 leaderelection.go:413] it failed"


@dataclass(frozen=True, slots=True)
class Notified:
    """A notification as the customer's subscriber got it. ``at``: when (epoch s)."""

    document: Mapping[str, Any]
    at: float

    @property
    def pod(self) -> str:
        """The one whose lines it is about."""
        return str(self.document["key"]["pod_name"])


@dataclass
class AlertScene:
    """``sent``: when each pod's copies were (epoch s), by the agent's name for it, with the namespace before it."""

    cloud: Cloud
    tenant: Tenant
    topic: str
    url: str
    sent: dict[str, list[float]] = field(default_factory=dict)
    notified: list[Notified] = field(default_factory=list)

    def copies(self, pods: Iterable[str]) -> list[str]:
        """Return the lane's copies of a line of each pod, printed now."""
        labels = {"kubernetes.io/metadata.name": "ns", "tenant-id": self.tenant.tenant_id}
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
        pod = {**POD["kubernetes"], "namespace_labels": labels}
        lines = [source_line(PRINTED, now, pod_name=name, kubernetes=pod) for name in pods]
        return copies(Agent({"CLUSTER_ID": cluster.CLUSTER_ID, **MARKING}), lines)

    def send(self, body: str) -> None:
        """Send a copy as the lane's sink does: alone, by the cluster's own role."""
        pod = json.loads(body)["pod_name"]
        self.sent.setdefault(pod, []).append(time.time())
        sqs = self.cloud.client("sqs", self.cloud.writer)
        sqs.send_message(QueueUrl=self.cloud.outputs["AlertQueueUrl"], MessageBody=body)

    def of(self, pod: str) -> dict[str, Mapping[str, Any]]:
        """Return what was notified of a pod, each once."""
        return {each.document["id"]: each.document for each in [*self.notified] if each.pod == pod}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take what comes to the customer's queue meanwhile."""
        over = threading.Event()
        thread = threading.Thread(target=self._listen, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _listen(self, over: threading.Event) -> None:
        sqs = self.cloud.client("sqs", self.tenant.account)
        while True:
            last = over.is_set()
            found = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            at = time.time()
            for message in found.get("Messages", ()):
                self.notified.append(Notified(json.loads(message["Body"]), at))
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            if last and "Messages" not in found:
                return


def make_scene(cloud: Cloud, new_tenant: Any, **rule: Any) -> AlertScene:
    """Onboard a tenant with a topic, a queue that subscribes to it, and a rule: a pod's lines of level error."""
    name, account = unique("alerts"), "222222222222"
    sns, sqs = cloud.client("sns", account), cloud.client("sqs", account)
    topic = sns.create_topic(Name=name)["TopicArn"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    by_topic = {"ArnEquals": {"aws:SourceArn": topic}}
    allowed = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn, "Condition": by_topic}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    tenant = new_tenant(configured=False, AlertTopicArn=topic)
    config = tenant.cloudwatch
    notify = {"method": "sns", "topic_arn": topic, "external_id": config["external_id"]}
    notify["log_distribution_role_arn"] = config["log_distribution_role_arn"]
    fields = {"level": "error", "count": 1, "window_seconds": 10, "join_by": ["pod_name"], "notify": notify}
    cloud.api().put_alert_rule(tenant.tenant_id, "errors", fields | rule, new=True)
    return AlertScene(cloud, tenant, topic, url)


@contextmanager
def broken(cloud: Cloud, faults: "Faults") -> Iterator[None]:
    """Let the alert function call AWS through a proxy that does what ``faults`` says; what was killed comes soon."""
    function, name = cloud.client("lambda"), cloud.outputs["AlertFunctionName"]
    variables = function.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    sqs, url = cloud.client("sqs"), cloud.outputs["AlertQueueUrl"]
    hidden = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    with proxy(cloud.environment.endpoint_url, faults.relay) as address:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(HIDDEN_SECONDS)})
        _configure(function, name, variables | {"AWS_ENDPOINT_URL": address})
        try:
            yield
        finally:
            _configure(function, name, variables)
            sqs.set_queue_attributes(QueueUrl=url, Attributes=hidden)


def _configure(function: Any, name: str, variables: dict[str, str]) -> None:
    function.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    wait_until(
        lambda: function.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful",
        what=f"{name} to be configured",
        timeout_seconds=30,
    )


@dataclass
class Faults:
    """What happens to the alert function's calls: it is killed at some of them, or its tables are down.

    :param kills: so many, at each seventh call that writes a state or publishes, in turn before and after its effect.
    """

    kills: int = 0
    table_down: bool = False
    calls: int = 0
    killed: int = 0
    refused: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def relay(self, exchange: Exchange) -> None:
        """Do it, or nothing."""
        call = exchange.call
        if self.table_down and call.service == "dynamodb":
            self.refused += 1
            Refuse(500, "InternalServerError").apply(exchange)
        elif call.action in {"UpdateItem", "Publish"} and self._is_next():
            Strike(signal.SIGKILL, self.killed % 2 * 0.5).apply(exchange)
        else:
            exchange.reply(exchange.forward())

    def _is_next(self) -> bool:
        with self._lock:
            self.calls += 1
            if self.killed >= self.kills or self.calls % KILLED_CALL:
                return False
            self.killed += 1
            return True
