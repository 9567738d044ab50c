"""Each function of the runtime at work on moto: what it does once, and what has to have come of it in the end.

An action is tried in the first scenario of its function that calls it, and in those that name it in ``tries``: there it
is about something else.

A scenario's ``work`` is done once while a call fails (besides those of ``usual``), and then again without faults until
it is ``done``; after ``die`` by another process. What ``check`` allows to be there ``again`` is what a lost answer
explains. ``uncertain`` are actions after whose failure nobody knows whether the step before them has to be repeated.
"""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from dataclasses import asdict, replace
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from urllib.parse import urlsplit

from runtime.backoff import Backoff
from runtime.deliveries.issued_sessions import TENANT
from runtime.deliveries.passes import Pass, PassKey
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_config.facts import MethodFacts, Order, Placement
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_state.delivery_tests import DeliveryTest, DeliveryTests, DeliveryTestState
from runtime.delivery_state.parked_deliveries import CLAIM_SECONDS, ParkedDeliveries
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.delivery_state.replay_selection import Selection
from runtime.delivery_test.settings import DeliveryTesterSettings
from runtime.delivery_test.stored_trials import StoredTrials
from runtime.delivery_test.tester import DeliveryTester
from runtime.endpoints.secrets import SecretReader
from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.hand_over import OutsideQueue
from runtime.processor import circuit_breaker, sqs_poller, visibility
from runtime.processor.sqs_poller import QueuePoller, StopSignal
from runtime.record_log.lines import RecordLog
from runtime.replay import redrive
from runtime.resumption.dead_letters import REDRIVE_DELAYS, DeadLetterRedrive
from runtime.session_issuer.issuer import SessionIssuer
from runtime.time_budget import TimeBudget
from tests.unit.runtime.alerts.alert_world import BUS_NOTICE, AlertWorld
from tests.unit.runtime.alerts.alert_world import NOTICE as SNS_NOTICE
from tests.unit.runtime.api.gateway import (
    CLOUDWATCH,
    CONFIGS,
    PATCH,
    S3,
    make_app,
    make_client,
    make_parked_table,
    make_tenants_table,
)
from tests.unit.runtime.api.gateway import make_table as make_config_table
from tests.unit.runtime.aws_world import CENTRAL_ROLE, Fault, in_memory
from tests.unit.runtime.destination_watch.test_watch import Scene as Watching
from tests.unit.runtime.processor.world import (
    CENTRAL,
    CUSTOMER,
    KEY,
    PROCESSORS_ACCOUNT,
    World,
    body,
    notification,
    s3_event,
)
from tests.unit.runtime.reconciliation.test_reconciler import HOUR
from tests.unit.runtime.reconciliation.test_reconciler import Scene as Reconciling
from tests.unit.runtime.reconciliation.test_reconciler import key as reconciled_key
from tests.unit.runtime.replay_scene import ReplayScene, key
from tests.unit.runtime.resumption.test_resumer import Scene as Resuming

PART_BYTES = 5 * 1024 * 1024  # S3 user guide, multipart upload limits: the least that a part may have
LARGE = bytes(PART_BYTES + 1)
NOW_MS = int(time.time() * 1000)
YOUNG = [f"line {number}" for number in range(3)]
TOO_OLD = NOW_MS - 20 * 86_400_000
TOLD = notification(s3_event(sequencer="0A"))
BLOCKED = {"CopyObject": Fault("NoSuchBucket", 404)}
SLOW_DOWN = {"CopyObject": Fault("SlowDown", 503)}


class Delivering:
    """The function delivers an object: to a log group that isn't there yet, and to a bucket that is slow at first."""

    usual = SLOW_DOWN
    uncertain = ()

    def __init__(self, clients, monkeypatch):
        monkeypatch.setattr(circuit_breaker, "PAUSES", Backoff(0.0, 0.0))
        monkeypatch.setattr(circuit_breaker, "FIRST_ATTEMPTS_WAIT_SECONDS", 0.0)
        self.world = World(clients)
        self.processor = self.world.processor()
        self.world.put_config("cloudwatch")
        self.world.put_config("s3")
        lines = [{"timestamp": TOO_OLD, "message": "too old"}]
        lines += [{"timestamp": NOW_MS + number, "message": text} for number, text in enumerate(YOUNG)]
        self.world.put_object(data=body(lines))
        self.waiting = [TOLD]

    def work(self):
        """Work on all messages that there are; what isn't settled, or was at work when a process died, comes again."""
        try:
            for text in tuple(self.waiting):
                if self.world.process(text, self.processor):
                    self.waiting.remove(text)
        finally:
            self.waiting += self.handed_over() + self.resumed()

    def resumed(self):
        """Take what is parked, as the resumption function does: where it isn't known whether it was handed over."""
        table = ParkedDeliveries(self.world.plain_clients, "parked")
        parked = [ParkedDelivery.read(item) for item in self.world.parked() if "message" in item]
        resumed = [replace(each.message, resumptions=each.message.resumptions + 1) for each in parked]
        return [message.write() for each, message in zip(parked, resumed, strict=True) if table.remove(each)]

    def handed_over(self):
        """Take what waits in the delivery queue, as if its time had come."""
        documents = [json.loads(message.body) for message in self.world.messages("deliveries")]
        self.world.empty("deliveries")
        return [json.dumps({**document, "not_before": 0}) for document in documents]

    def die(self):
        self.processor = self.world.processor()

    def done(self):
        return not self.waiting

    def check(self, again):
        texts = [text for stream in self.world.streams().values() for text in stream]
        assert set(texts) == set(YOUNG)
        assert all(texts.count(text) <= 1 + again for text in YOUNG), texts
        assert len(self.world.copies()) == 1
        assert self.world.copies(CENTRAL)[0].startswith("set-aside/"), self.world.copies(CENTRAL)


class Parking(Delivering):
    """The function parks a delivery whose schedule is over."""

    usual = BLOCKED

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.waiting = [DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", attempt=30, first_attempt_at=1.0).write()]

    def resumed(self):
        return []

    def work(self):
        self.world.clients.faults.setdefault("CopyObject", BLOCKED["CopyObject"])
        super().work()

    def check(self, again):
        assert len(self.world.parked()) == 1
        assert self.world.status().due_at is not None


class CopyingVersions(Delivering):
    """The function copies two versions of one key, of one size and other content."""

    usual = MappingProxyType({})

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.world.drop_config("cloudwatch")
        s3 = self.world.plain("s3")
        s3.put_bucket_versioning(Bucket=CENTRAL, VersioningConfiguration={"Status": "Enabled"})
        self.waiting = [self._write(data) for data in (body(), body([{"message": "another"}]))]

    def _write(self, data):
        answer = self.world.plain("s3").put_object(Bucket=CENTRAL, Key=KEY, Body=data)
        version = {"eTag": answer["ETag"], "versionId": answer["VersionId"], "size": len(data)}
        return notification(s3_event(sequencer=f"0A{len(data):04x}", **version))

    def check(self, again):
        assert len(self.world.copies()) == len(set(self.world.copies())) == 2


class CopyingParts(Delivering):
    """The function copies an object that is too large for one call."""

    usual = MappingProxyType({})

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.world.drop_config("cloudwatch")
        self.world.options["copy_threshold_bytes"] = PART_BYTES
        self.processor = self.world.processor()
        self.world.put_object(data=LARGE)
        self.waiting = [notification(s3_event(sequencer="0A", size=len(LARGE)))]

    def check(self, again):
        s3 = self.world.plain("s3")
        (copy,) = self.world.copies()
        assert s3.get_object(Bucket=CUSTOMER, Key=copy)["Body"].read() == LARGE


class AbortingParts(CopyingParts):
    """The function has copied a part when the next one is refused."""

    usual = MappingProxyType({"UploadPartCopy": Fault("AccessDenied", 403)})


class MissingObject(Delivering):
    """The function is told of an object that is gone, which S3 says by refusing it."""

    usual = MappingProxyType({"CopyObject": Fault("AccessDenied", 403)})
    version = MappingProxyType({})

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.world.drop_config("cloudwatch")
        self.world.plain("s3").delete_object(Bucket=CENTRAL, Key=KEY)
        self.waiting = [notification(s3_event(sequencer="0A", **self.version))]

    def check(self, again):
        assert self.world.copies() == []


class MissingVersion(MissingObject):
    """The same of a version."""

    version = MappingProxyType({"versionId": "a-version-that-is-gone"})


class DeadLettering(Delivering):
    """The function gives a message up that nobody can read."""

    usual = MappingProxyType({})
    tries = ("SendMessage",)

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.waiting = ["rubbish"]

    def check(self, again):
        assert 1 <= len(self.world.messages("objects-dlq")) <= 1 + again


def answer_invocations(clients, monkeypatch, answer):
    """Let ``lambda:Invoke`` answer what this returns for the request's document, as a process of its own would."""
    usual = clients.transport.send

    def send(method, url, target, headers, body, **more):
        if "lambda" not in str(urlsplit(url).hostname):
            return usual(method, url, target, headers, body, **more)
        return in_memory(200, json.dumps(Context().run(answer, json.loads(body))).encode())

    monkeypatch.setattr(clients.transport, "send", send)


class Invoking(Delivering):
    """The function delivers an object to a function of the customer's."""

    usual = MappingProxyType({})

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.world.drop_config("cloudwatch")
        self.world.drop_config("s3")
        account, role = "222222222222", "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/acme"
        arn = f"arn:aws:lambda:us-east-1:{account}:function:receive-logs"
        self.world.put_config("function", function_arn=arn, log_distribution_role_arn=role)
        self.received = []
        answer_invocations(clients, monkeypatch, self._receive)

    def _receive(self, document):
        self.received += [event["message"] for event in document["events"]]
        return {"failed": []}

    def check(self, again):
        assert set(self.received) == {"too old", *YOUNG}
        assert all(self.received.count(text) <= 1 + again for text in self.received), self.received


def new_pass_key(clients):
    """Make a key in KMS, whose calls don't fail."""
    made = clients.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return PassKey(clients, made["KeyMetadata"]["KeyId"])


class HandingOutside(Delivering):
    """The function hands a delivery over to the outside processor, with the pass that it needs there."""

    usual = MappingProxyType({})
    tries = ("SendMessage",)

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.world.drop_config("cloudwatch")
        self.world.drop_config("s3")
        self.world.put_config(
            "webhook",
            url="https://logs.example.com/in",
            signing_secret={"L": [{"S": "logrouter/acme-corp/" + 32 * "0"}]},
        )
        self.key = new_pass_key(self.world.plain_clients)
        self.world.queues["outside"] = self.world.plain("sqs").create_queue(QueueName="outside")["QueueUrl"]
        self.world.options.update(
            logrouter_placement="inside", outside_queue_url=self.world.queues["outside"], pass_key_id=self.key.key_id
        )
        self.processor = self.world.processor()

    def check(self, again):
        sent = [DeliveryMessage.read(json.loads(message.body)) for message in self.world.messages("outside")]
        assert {(message.key, message.type) for message in sent} == {(KEY, "webhook")}
        assert len(sent) <= 1 + again
        assert all(self.key.is_genuine(message.as_pass()) for message in sent)


class ToldConfig(DeliveryConfig):
    """The config of a method that only this test has."""

    facts = MethodFacts("telling", "Telling", Placement.OUTSIDE, Order.NONE, reads_events=True, limits=None)


class DeliveringOutside(Delivering):
    """The outside processor delivers with a session of the issuer's, and with a secret of its tenant's."""

    usual = MappingProxyType({})
    tries = ("Invoke", "GetSecretValue")

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.world.drop_config("cloudwatch")
        self.world.drop_config("s3")
        self.world.put_config("telling")
        plain = self.world.plain_clients
        self.secret = "logrouter/acme-corp/0123456789abcdef0123456789abcdef"
        plain.client("secretsmanager").create_secret(Name=self.secret, SecretString="a-token-of-the-endpoint")
        self.key, self.told = new_pass_key(plain), []
        issuer = make_issuer(plain, self.key)
        answer_invocations(clients, monkeypatch, lambda request: {"credentials": asdict(issuer.issue(request))})
        self.processor = self._made()
        unsigned = DeliveryMessage(CENTRAL, KEY, "acme-corp", "telling", first_attempt_at=time.time())
        mac = self.key.seal(unsigned.as_pass()).mac
        self.waiting = [json.dumps({**json.loads(unsigned.write()), "mac": mac})]

    def _made(self):
        told, secret = self.told, self.secret

        class Telling:
            """A method that reads its secret and notes the events."""

            config_model = ToldConfig

            def __init__(self, services):
                self.secrets = SecretReader(services.clients)

            def deliver(self, delivery, source):
                self.secrets.live("acme-corp", [secret])
                told.extend(json.loads(literal) for batch in source.batches(0) for literal in batch.literals)

        options = {"session_issuer": "issuer", "logrouter_placement": "outside", "object_dlq_url": None}
        return self.world.processor({"telling": Telling}, **options)

    def die(self):
        self.processor = self._made()

    def check(self, again):
        assert set(self.told) == {"too old", *YOUNG}
        assert all(self.told.count(text) <= 1 + again for text in self.told), self.told


def make_issuer(clients, key):
    """Make a session issuer over a world's configs."""
    configs = DeliveryConfigRepository(
        clients, "configs", find_config_models(), cache_seconds=0, tenants_table="tenants"
    )
    role = f"arn:aws:iam::{PROCESSORS_ACCOUNT}:role/OutsideReader"  # where the tables are
    return SessionIssuer(clients, key, role, RoleChain(clients, CENTRAL_ROLE), configs)


class Issuing:
    """The session issuer gives a tenant's session and a customer's, each for a pass that is ours."""

    usual = MappingProxyType({})
    uncertain = ()

    def __init__(self, clients, monkeypatch):
        world = World(clients)
        world.put_config("cloudwatch")
        key = new_pass_key(world.plain_clients)
        sealed = asdict(key.seal(Pass("acme-corp", "cloudwatch", CENTRAL, KEY)))
        self.clients, self.key, self.given = clients, key.key_id, {}
        role = "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/acme"
        more = {"role_arn": role, "external_id": CENTRAL_ROLE.split(":")[4]}
        self.requests = ({"session": TENANT, "pass": sealed}, {"session": "customer", "pass": sealed, **more})
        self.die()

    def work(self):
        for request in self.requests:
            self.given[request["session"]] = self.issuer.issue(request)

    def done(self):
        return len(self.given) == len(self.requests)

    def die(self):
        self.issuer = make_issuer(self.clients, PassKey(self.clients, self.key))

    def check(self, again):
        assert all(session.token for session in self.given.values())
        assert len({session.access_key for session in self.given.values()}) == len(self.requests)


class Testing:
    """The tester tries three destinations, one of them outside, and enables the config that waits for it."""

    usual = MappingProxyType({})
    uncertain = ()

    def __init__(self, clients, monkeypatch):
        self.world = World(clients)
        self.plain = self.world.plain_clients
        self.world.put_config("cloudwatch")
        self.world.put_config("webhook", url="https://example.com/in", signing_secret=("logrouter/acme-corp/1",))
        answer_invocations(clients, monkeypatch, lambda request: TRIED_OUTSIDE)
        values = {name: value for name, value in self.world.settings().model_dump().items() if value is not None}
        given = {"outside_tester": "outside", "pass_key_id": new_pass_key(self.plain).key_id, "test_retry_seconds": 0}
        self.settings = DeliveryTesterSettings(**{**values, **given})
        self.tests, self.passed = DeliveryTests(self.plain, "parked"), {}

    def work(self):
        """Ask for a test of what hasn't passed yet, and make it."""
        for type_ in {"cloudwatch", "s3", "webhook"} - set(self.passed):
            test = self.tests.start(DeliveryTest("acme-corp", type_, enables=type_ == "s3"))
            if test.enables:
                self.world.put_config("s3", enabled=False, enable_after_test=test.id)
            try:
                DeliveryTester(self.settings, self.world.clients).run("acme-corp", type_, test.id)
            finally:
                found = self.tests.of("acme-corp", type_, test.id)
                if found.state is DeliveryTestState.PASSED:
                    self.passed[type_] = found

    def done(self):
        return len(self.passed) == 3

    def die(self):
        """Nothing is kept in the process."""

    def check(self, again):
        """What has passed is there, and the config enabled; no test's event is there more often than it was sent."""
        (texts,) = [self.world.streams()[self.passed["cloudwatch"].left]]
        assert 1 <= len(texts) <= 1 + again
        assert self.passed["s3"].left in self.world.copies()
        key = {"tenant_id": {"S": "acme-corp"}, "type": {"S": "s3"}}
        item = self.world.plain("dynamodb").get_item(TableName="configs", Key=key)["Item"]
        assert (item["enabled"]["BOOL"], "enable_after_test" in item) == (True, False)


TRIED_OUTSIDE = {
    "steps": [
        {
            "name": "send", "outcome": "passed", "reason": "", "detail": "", "denied_by": "", "region": "",
            "call": {"hop": "", "action": "", "resource": "", "next_step": ""},
        }
    ],
    "left": "there",
}  # fmt: skip


class Trying:
    """The tester reads a tenant's last lines, to try a program on them; nothing is kept of it."""

    usual = MappingProxyType({})
    uncertain = ()

    def __init__(self, clients, monkeypatch):
        self.world, self.lines = World(clients), []
        at = datetime.fromtimestamp(NOW_MS // 1000 - 60, UTC).strftime("%Y%m%d-%H%M%S")
        key = f"tenant_id=acme-corp/cluster_id=c1/application=etcd/pod_name=etcd-0/{at}-6f9.json.gz"
        events = [{"timestamp": NOW_MS, "message": text} for text in YOUNG]
        self.world.plain("s3").put_object(Bucket=CENTRAL, Key=key, Body=body(events))
        values = {name: value for name, value in self.world.settings().model_dump().items() if value is not None}
        settings = DeliveryTesterSettings(**values)
        chain = RoleChain(clients, settings.central_log_distribution_role_arn)
        self.trials = StoredTrials(settings, clients, chain)

    def work(self):
        """Ask once; what can't be read is said, and no lines are made up."""
        answer = self.trials.answer("acme-corp", {"most": len(YOUNG)})
        assert "failure" not in answer or "objects" not in answer
        self.lines = [text for each in answer.get("objects", ()) for _, text in each["lines"]]

    def done(self):
        return len(self.lines) == len(YOUNG)

    def die(self):
        """Nothing is kept in the process."""

    def check(self, again):
        """The lines are there, once each, in their order."""
        assert self.lines == YOUNG


class Polling(Delivering):
    """The poller receives, keeps hidden, delivers and deletes."""

    usual = MappingProxyType({})

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        monkeypatch.setattr(visibility, "EXTEND_SECONDS", -1.0)  # due at once
        monkeypatch.setattr(sqs_poller, "SHORT_SECONDS", 0.0)  # it is looked after while it is at work
        monkeypatch.setattr(sqs_poller, "IDLE_WAIT_SECONDS", 0)  # moto would let real time pass
        self.clients = clients
        self._send(TOLD)

    def _send(self, text):
        self.world.plain("sqs").send_message(QueueUrl=self.world.queues["objects"], MessageBody=text)

    def work(self):
        """Poll until what was received has ended; what isn't deleted by then is visible again for the next one."""
        pauses = SimpleNamespace(pause=lambda _: 0.0)
        with ThreadPoolExecutor(4) as threads:
            url = self.world.queues["objects"]
            poller = QueuePoller(self.processor, self.clients, url, stop=StopSignal(), pauses=pauses)
            for _ in range(ROUNDS):
                poller.poll_once(threads)
                if not poller.busy:
                    break
        show_again(self.world, "objects")
        for text in self.handed_over() + self.resumed():
            self._send(text)

    def done(self):
        return not self.world.messages("objects")


ROUNDS = 40


def show_again(world, queue):
    """Let the time be over for which a queue's messages are hidden since they were received."""
    for message in world.messages(queue):
        if message.receipt_handle:
            world.plain("sqs").change_message_visibility(
                QueueUrl=world.queues[queue], ReceiptHandle=message.receipt_handle, VisibilityTimeout=0
            )


class Resumption:
    """The resumer probes, and resumes what is parked."""

    usual = MappingProxyType({})
    uncertain = ("DeleteItem",)

    def __init__(self, clients, monkeypatch):
        self.scene = Resuming(clients)
        self.scene.world.put_config()
        self.scene.park(1, 2, 3)
        self.numbers = []

    def work(self):
        try:
            self.scene.resumer.config_changed("acme-corp", "s3")
            self.scene.run(30)
        finally:
            self.numbers += self.scene.numbers()
            with suppress(Exception):
                self.scene.statuses.succeeded("acme-corp", "s3", 1.0)  # the processor, of the probe
            self.scene.now += CLAIM_SECONDS + 1

    def done(self):
        return not self.scene.left()

    def die(self):
        """Nothing is kept in the process."""

    def check(self, again):
        assert set(self.numbers) == {1, 2, 3}
        assert all(self.numbers.count(number) <= 1 + again for number in (1, 2, 3)), self.numbers
        assert self.scene.statuses.of("acme-corp", "s3").due_at is None or not self.scene.left()


class Replaying:
    """The resumer's function works a replay off."""

    usual = MappingProxyType({})
    uncertain = ("TransactWriteItems",)  # the progress
    tries = ("SendMessage",)
    application = None

    def __init__(self, clients, monkeypatch):
        self.scene = ReplayScene(clients)
        self.objects = [key(number) for number in range(3)]
        self.scene.put(*self.objects)
        self.scene.world.put_config("s3")
        self.scene.start(Selection("acme-corp", application=self.application))

    def work(self):
        self.scene.runner.run_due(TimeBudget.of_seconds(3000, self.scene.clock))

    def done(self):
        self.scene.now += 3600  # whoever had it is gone
        return not self.scene.replays.due()

    def die(self):
        """Nothing is kept in the process."""

    def check(self, again):
        sent = [object_ for object_, _ in self.scene.sent()]
        assert set(sent) == set(self.objects)
        assert all(sent.count(object_) <= 1 + again for object_ in self.objects), sent


class ReplayingAnApplication(Replaying):
    """The same of one application: its clusters are found first."""

    tries = ()
    application = "etcd"


class ReplayingOutside(Replaying):
    """The same of deliveries that are made outside: each message needs its pass."""

    tries = ()

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.key = new_pass_key(self.scene.world.plain_clients)
        queue = self.scene.world.queues["deliveries"]
        outside = OutsideQueue(queue, frozenset({"s3"}), PassKey(clients, self.key.key_id))
        monkeypatch.setattr(self.scene.runner._hand_over, "_outside", outside)

    def check(self, again):
        super().check(again)
        assert all(self.key.is_genuine(message.as_pass()) for message in self.scene.world.handed_over())


class Redriving:
    """The resumer's function redrives the dead letters that an outage has made, and leaves those with a reason."""

    usual = MappingProxyType({})
    uncertain = ("DeleteMessage",)
    tries = ("SendMessage",)

    def __init__(self, clients, monkeypatch):
        monkeypatch.setattr(redrive, "WAIT_SECONDS", 0)
        self.world = World(clients)
        self.dead, self.queue = self.world.queues["objects-dlq"], self.world.queues["objects"]
        self.now = time.time() + 2 * REDRIVE_DELAYS.first
        self.redrive = DeadLetterRedrive(
            clients, ((self.dead, self.queue),), 1e6, clock=lambda: self.now, wait=lambda _: None
        )
        sqs = self.world.plain("sqs")
        reason = {"reason": {"DataType": "String", "StringValue": "not-gzip"}}
        sqs.send_message(QueueUrl=self.dead, MessageBody="corrupt", MessageAttributes=reason)
        sqs.send_message(QueueUrl=self.dead, MessageBody="of an outage")

    def work(self):
        try:
            self.redrive.run(TimeBudget.of_seconds(3600))
        finally:
            show_again(self.world, "objects-dlq")

    def die(self):
        """Nothing is kept in the process."""

    def _bodies(self, queue):
        return [message.body for message in self.world.messages(queue)]

    def done(self):
        return "of an outage" not in self._bodies("objects-dlq")

    def check(self, again):
        assert set(self._bodies("objects")) == {"of an outage"}
        assert len(self._bodies("objects")) <= 1 + again
        assert self._bodies("objects-dlq") == ["corrupt"]


class Reconciliation:
    """The reconciler hands over what nothing told of."""

    usual = MappingProxyType({})
    uncertain = ()

    def __init__(self, clients, monkeypatch):
        self.scene = Reconciling(clients)
        self.told, self.lost = (reconciled_key(self.scene.written - 3 * HOUR, number=number) for number in (0, 1))
        self.scene.put(self.told, self.lost)
        self.scene.settle(self.told)
        self._tell_by_the_log(clients)
        self.handed_over = []

    def _tell_by_the_log(self, clients):
        """Let it ask a log group for the records, too."""
        logs = self.scene.world.plain("logs")
        logs.create_log_group(logGroupName="/records")
        log = RecordLog(clients, ("/records",))
        told = self.scene.lines

        def lines(since, until, **wanted):
            yield from log.lines(since, until, **wanted)
            yield from told(since, until, **wanted)

        self.scene.reconciler._comparison.records.lines = lines

    def work(self):
        self.ran = None
        try:
            self.ran = self.scene.run()
        finally:
            self.handed_over += self.scene.sent()
            self.scene.world.empty("objects")  # the processor's
            self.scene.now += HOUR / 2

    def done(self):
        return self.ran is not None and self.ran.complete

    def die(self):
        """Nothing is kept in the process."""

    def check(self, again):
        assert set(self.handed_over) == {self.lost}
        assert len(self.handed_over) <= 1 + again


class Watch:
    """The watch looks at every destination: what it can't see it doesn't report as well."""

    usual = MappingProxyType({})
    uncertain = ()

    def __init__(self, clients, monkeypatch):
        self.scene = Watching(clients)
        self.scene.world.put_config("s3")
        self.scene.statuses.succeeded("acme-corp", "s3", 1e6)
        self.seen = []

    def work(self):
        self.seen.append(self.scene.look())

    def done(self):
        return bool(self.seen)

    def die(self):
        """Nothing is kept in the process."""

    def check(self, again):
        assert set(self.seen) == {(("acme-corp/s3",), ())}


class Alerting:
    """The alert function takes a copy from its queue, notifies the customer's topic, and later that it is over."""

    usual = MappingProxyType({})
    uncertain = ()
    notify = SNS_NOTICE

    def __init__(self, clients, monkeypatch):
        self.world = AlertWorld(clients)
        self.world.put_rule(notify=self.notify)
        self.waiting = [self.world.message(1)]

    def work(self):
        again = self.world.take(*self.waiting)
        self.waiting = [message for message in self.waiting if message["messageId"] in again]
        self.world.sweep(after=61)

    def done(self):
        return not self.waiting and [each["state"] for each in self.world.received()][-1:] == ["resolved"]

    def die(self):
        self.world.restart()

    def check(self, again):
        for state in ("firing", "resolved"):
            ids = [each["id"] for each in self.world.received() if each["state"] == state]
            assert len(set(ids)) == 1, self.world.received()
            assert len(ids) <= 1 + again, self.world.received()


class AlertingByEvents(Alerting):
    """The same with the customer's event bus."""

    notify = BUS_NOTICE


class ForgettingAlerts(Alerting):
    """A rule is disabled while an alert of its fires: the sweep drops the state."""

    def __init__(self, clients, monkeypatch):
        super().__init__(clients, monkeypatch)
        self.world.take(*self.waiting)
        self.world.put_rule(enabled=False)

    def work(self):
        self.world.sweep(after=301)

    def done(self):
        return not self.world.items()

    def check(self, again):
        assert [each["state"] for each in self.world.received()] == ["firing"]


class Api:
    """The API writes, changes and shows a tenant's configs, and starts a replay."""

    usual = MappingProxyType({})
    uncertain = ()

    def __init__(self, clients, monkeypatch):
        make_config_table(clients)
        make_parked_table(clients)
        make_tenants_table(clients)
        clients.client("s3").create_bucket(Bucket="central-bucket")
        clients.client("s3").put_object(Bucket="central-bucket", Key=key(1), Body=gzip.compress(b"x"))
        clients.calls.clear()
        answer_invocations(clients, monkeypatch, lambda _: {})
        self.now = time.time()
        self.api = make_client(make_app(clients, lambda: self.now, tester="tester"))
        self.answers = []

    def work(self):
        tenant = "/tenants/acme-corp"
        asked = {"everything": True}
        requests = (
            ("POST", CONFIGS, {"json": CLOUDWATCH, "headers": {"idempotency-key": "one-key-for-this"}}),
            ("POST", CONFIGS, {"json": S3}),
            ("PATCH", f"{CONFIGS}/s3", {"content": b'{"enabled": true}', "headers": PATCH}),
            ("GET", CONFIGS, {}),
            ("GET", f"{CONFIGS}/s3/status", {}),
            ("POST", f"{CONFIGS}/s3/test", {}),
            ("GET", f"{CONFIGS}/s3/test/{'0' * 32}", {}),
            ("GET", f"{tenant}/deliveries", {"params": {"state": "parked"}}),
            ("POST", f"{tenant}/replays", {"json": {**asked, "dry_run": True}}),
            ("POST", f"{tenant}/replays", {"json": asked}),
            ("GET", f"{tenant}/replays", {}),
            ("GET", "/tenants", {}),
            ("POST", "/tenants", {"json": {"tenant_id": "acme-corp"}}),
            ("PATCH", tenant, {"content": b'{"contacts": ["ops@acme.example"]}', "headers": PATCH}),
            ("POST", CONFIGS, {"json": WEBHOOK}),
            ("DELETE", f"{CONFIGS}/webhook", {}),
        )
        with self.api:  # one event loop for all
            self.answers += [(method, path, self.api.request(method, path, **more)) for method, path, more in requests]
        self.now += 3600

    def done(self):
        return len(self.answers) >= 2 * REQUESTS

    def die(self):
        """Nothing is kept in the process."""

    def check(self, again):
        """What is answered is a problem or the truth; and afterwards everything is there, once."""
        for method, path, answer in self.answers:
            if "content-type" in answer.headers:  # else the process was killed
                assert answer.headers["content-type"].startswith("application/"), answer.text
                assert answer.status_code < 500 or answer.json()["type"], (method, path)
        found = [config["type"] for config in self.api.get(CONFIGS).json()["delivery_configs"]]
        assert found == ["cloudwatch", "s3"]
        assert self.api.get("/tenants/acme-corp").json()["contacts"] == ["ops@acme.example"]


REQUESTS = 14
WEBHOOK = {
    "type": "webhook",
    "enabled": False,
    "url": "https://logs.example.com/in",
    "signing_secret": "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0",
}

SCENARIOS = {
    "function": (
        Delivering,
        Parking,
        CopyingVersions,
        CopyingParts,
        MissingObject,
        MissingVersion,
        AbortingParts,
        DeadLettering,
        Invoking,
        HandingOutside,
    ),
    "poller": (Polling,),
    "outside": (DeliveringOutside,),
    "issuer": (Issuing,),
    "tester": (Testing, Trying),
    "resumption": (Resumption, Replaying, ReplayingAnApplication, ReplayingOutside, Redriving),
    "reconciliation": (Reconciliation,),
    "watch": (Watch,),
    "alerts": (Alerting, AlertingByEvents, ForgettingAlerts),
    "api": (Api,),
}
