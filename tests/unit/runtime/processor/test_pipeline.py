"""The pipeline: every failure class, and what becomes of the message."""

import json
import threading
import time
from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError

from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.s3.config import S3Config
from runtime.messages.delivery_message import DeliveryMessage
from runtime.objects.key import UNLABELLED
from tests.unit.runtime.aws_world import (
    CUSTOMER_ROLE,
    Fault,
    emf,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.known_cases import cases
from tests.unit.runtime.processor.world import CENTRAL, EVENTS, KEY, World, notification, s3_event

KNOWN = cases("error_classification")
COPY = "ROSA/cluster-logs/acme-corp/c-1/etcd/etcd-0/20261123-101500-6f9.json.gz"
STREAM = "c-1/etcd/etcd-0"
LINES = [event["message"] for event in EVENTS]


@pytest.fixture
def world(clients):
    return World(clients)


def again(**changes):
    """A delivery message of the usual object."""
    message = DeliveryMessage(
        CENTRAL, KEY, "acme-corp", "s3", attempt=2, first_attempt_at=time.time() - 60, reason="throttled"
    )
    return replace(message, **changes).write()


def ends(capsys):
    """Return each record's outcome or, for what was passed over, its reason."""
    return [
        line.get("Outcome") or line["Reason"] for line in emf(capsys) if line["message"] not in ("read", "returned")
    ]


# --- a message for which there is no time ---


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (notification(s3_event()), {"object": KEY, "tenant_id": "acme-corp", "notified": 1}),
        (again(), {"object": KEY, "tenant_id": "acme-corp", "type": "s3"}),
        (notification(s3_event(bucket="another")), {}),
        ("rubbish", {}),
    ],
)
def test_a_message_that_is_returned_unstarted_names_its_object(world, capsys, text, named):
    """The reconciler would take the object for one that nobody was told of, and deliver it beside its message."""
    assert not world.process(text, seconds=0.0)
    (record,) = emf(capsys)
    assert record["Reason"] == "budget-spent"
    assert {name: record[name] for name in ("object", "tenant_id", "notified", "type") if name in record} == named


# --- an object's message ---


def delivered_nowhere(world):
    world.drop_config()
    world.put_config("s3:off", enabled=False)


@pytest.mark.parametrize(
    "change",
    [
        lambda world: None,
        lambda world: world.put_config("s3:second"),
        lambda world: world.put_config("s3:broken", bucket_name="not-there"),
        World.drop_config,
        delivered_nowhere,
    ],
)
def test_each_notification_leaves_one_record_that_its_object_is_counted_by(world, capsys, change):
    """The reconciler would hand over what was told of, or take an object for settled that nothing was told of."""
    world.put_object()
    world.put_config()
    change(world)
    assert world.process(notification())
    assert [line["object"] for line in emf(capsys) if line.get("notified")] == [KEY]
    for message in world.messages("deliveries"):
        world.process(message.body)
    assert not [line for line in emf(capsys) if line.get("notified")]


@pytest.mark.parametrize(
    "text",
    [
        notification(),
        json.dumps({"Records": [s3_event()]}),
        json.dumps({"Message": json.dumps({"Records": [s3_event()]})}),
    ],
)
def test_every_envelope_is_delivered(world, text):
    """One of the ways in which S3 reaches the queue would deliver nothing."""
    world.put_object()
    world.put_config()
    assert world.process(text)
    assert world.copies() == [COPY]


def test_all_of_a_tenants_configs_are_delivered(world, capsys):
    """A second destination would get nothing."""
    world.put_object()
    world.put_config("s3")
    world.put_config("s3:root", bucket_prefix="")
    world.put_config("cloudwatch")
    assert world.process(notification())
    assert sorted(world.copies()) == [COPY, "acme-corp/c-1/etcd/etcd-0/20261123-101500-6f9.json.gz"]
    assert world.streams() == {STREAM: LINES}
    assert ends(capsys) == ["delivered"] * 3
    assert world.messages("deliveries") == []


def test_several_records_are_several_objects(world):
    """A notification of two objects would deliver one (the known case 021)."""
    other = KEY.replace("etcd-0", "etcd-1")
    for key in (KEY, other):
        world.put_object(key)
    world.put_config()
    assert world.process(notification(s3_event(), s3_event(other)))
    assert len(world.copies()) == KNOWN["021"]["expect"]["deliveries"]


def test_disabled_and_filtered_configs_are_left_out(world, capsys):
    """A tenant would be sent what it didn't ask for."""
    world.put_object()
    world.put_config("s3:off", enabled=False)
    world.put_config("s3:other", desired_logs={"SS": ["kube-apiserver"]})
    world.put_config("s3:elsewhere", cluster_ids={"L": [{"S": "c-9"}]})
    world.put_config("s3:nothing", groups={"L": [{"S": "no-such-group"}]})
    world.put_config("s3:expired", ttl=int(time.time()) - 1)
    assert world.process(notification())
    assert (world.copies(), ends(capsys)) == ([], ["no-config-wants-it"])


def test_one_invalid_config_never_blocks_the_others(world, capsys):
    """A typing error in one config would stop all of a tenant's logs, or go uncounted."""
    world.put_object()
    world.put_config()
    world.put_config("s3:bad", bucket_name="NOT A BUCKET")
    world.put_config("kinesis")
    assert world.process(notification())
    assert world.copies() == [COPY]
    waiting = {message.type: message.reason for message in world.handed_over()}
    assert waiting == {"s3:bad": "config-invalid", "kinesis": "method-not-installed"}
    lines = emf(capsys)
    assert [line["Reason"] for line in lines if "InvalidConfigs" in line] == ["method-not-installed", "config-invalid"]
    assert sum(line.get("notified", 0) for line in lines) == 1


def test_an_object_met_by_an_invalid_config_alone_waits_for_it(world, capsys):
    """It would be settled as wanted by nobody: nothing would wait, and nobody would try it when it is corrected."""
    world.put_object()
    world.put_config("s3", bucket_name="NOT A BUCKET")
    assert world.process(notification())
    (message,) = world.handed_over()
    assert (message.type, message.reason, message.attempt) == ("s3", "config-invalid", 1)
    lines = emf(capsys)
    assert not [line for line in lines if "UnwantedObjects" in line]
    assert sum(line.get("notified", 0) for line in lines) == 1
    world.put_config("s3")
    assert world.process(message.write())
    assert world.copies() == [COPY]


def test_a_config_with_a_fractional_expiry_delivers(world):
    """A tool that writes times with a fraction would stop a tenant's logs (the case b40)."""
    world.put_object()
    world.put_config("s3", ttl={"N": f"{time.time() + 900:.3f}"}, created_at={"N": "1795985423"})
    assert world.process(notification())
    assert world.copies() == [COPY]


def test_a_delivery_waits_for_a_method_that_this_host_lacks(world):
    """After a rollback, or on the host without the plug-in, a waiting delivery would be dropped."""
    world.put_object()
    world.put_config("kinesis")
    assert world.process(again(type="kinesis", checkpoint=2))
    (message,) = world.handed_over()
    assert (message.reason, message.attempt, message.checkpoint) == ("method-not-installed", 3, 2)


def test_an_invalid_item_is_not_handed_over_beside_a_message_that_comes_back(world):
    """Each time the message came back one more delivery would wait, and arrive, for the corrected config."""
    processor = world.processor()
    world.put_object()
    world.put_config("s3")
    world.put_config("s3:bad", bucket_name="NOT A BUCKET")
    world.clients.faults["CopyObject"] = Fault("SlowDown", 503)
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)
    message = notification(s3_event(sequencer="0A"))
    assert not world.process(message, processor)
    world.clients.faults.clear()
    assert world.process(message, processor)
    assert [each.type for each in world.handed_over()] == ["s3:bad"]


def test_a_checkpoint_of_another_destination_starts_over(world, capsys):
    """The new log group would miss the first batches, and nobody would know (contract §5)."""
    world.put_object()
    world.put_config("cloudwatch", log_group_name="/acme/new")
    assert world.process(again(type="cloudwatch", checkpoint=1, destination="0123456789abcdef"))
    assert world.streams() == {STREAM: LINES}
    discarded, delivered = emf(capsys)
    assert (discarded["Reason"], discarded["DiscardedCheckpoints"]) == ("destination-changed", 1)
    assert delivered["checkpoint_discarded"] == "destination-changed"


def test_a_checkpoint_of_a_version_without_digests_is_believed(world):
    """Every deployment of this version would send what waits from the beginning again."""
    world.put_object()
    world.put_config("cloudwatch")
    assert world.process(again(type="cloudwatch", checkpoint=1))
    assert world.streams() == {}


def test_a_message_says_which_destination_has_acknowledged_its_checkpoint(world):
    """A config that is changed while the delivery waits couldn't be told from the old one."""
    world.put_object()
    world.put_config("cloudwatch")
    world.clients.faults["PutLogEvents"] = Fault("AccessDeniedException", 400)
    assert world.process(notification())
    (message,) = world.handed_over()
    config = CloudWatchConfig(
        tenant_id="acme-corp",
        type="cloudwatch",
        target_region="us-east-1",
        log_distribution_role_arn=CUSTOMER_ROLE,
        log_group_name="/acme",
    )
    assert message.destination == config.destination_digest


@pytest.mark.parametrize(
    ("key", "reason"),
    [(KNOWN["003"]["given"]["key"], "key-segments"), (KEY.replace("acme-corp", "a%0Ab"), "key-segment-unsafe")],
)
def test_a_key_of_another_form_is_settled_counted_and_no_hindrance(world, capsys, key, reason):
    """One foreign object would block the batch, or vanish without a count (the known case 003)."""
    world.put_object()
    world.put_config()
    assert world.process(notification(s3_event(key), s3_event()))
    assert world.copies() == [COPY]
    assert ends(capsys) == [reason, "delivered"]


def test_an_object_without_a_tenant_is_counted_and_not_refused(world, capsys):
    """Logs of a namespace without a label would be counted among forged keys, and nobody be told to assign them."""
    key = KEY.replace("acme-corp", UNLABELLED)
    world.put_object(key)
    assert world.process(notification(s3_event(key)))
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "skipped" in line]
    assert (line["UnlabelledObjects"], line["Reason"], line["notified"]) == (1, "no-tenant-label", 1)
    assert world.messages("objects-dlq") == []


def test_an_unknown_tenant_is_settled_and_counted(world, capsys):
    """Objects of tenants that aren't onboarded would go round for ever (the known case 009)."""
    assert KNOWN["009"]["expect"]["is_non_recoverable"]
    world.put_object()
    assert world.process(notification())
    assert ends(capsys) == ["unknown-tenant"]
    assert world.messages("objects-dlq") == []


@pytest.mark.parametrize(
    "fault",
    [Fault("InternalServerError", 500), Fault(error=EndpointConnectionError(endpoint_url="https://dynamodb"))],
)
def test_a_table_that_is_down_puts_the_message_off(world, fault, capsys):
    """An outage of DynamoDB would settle objects as nobody's (the known case 015)."""
    assert "recoverable" in KNOWN["015"]["expect"]["class"]
    world.put_object()
    world.put_config()
    world.clients.faults["Query"] = fault
    processor = world.processor()
    assert world.process(notification(), processor)
    assert world.process(again(), processor)
    assert (world.put_off(), [one.attempt for one in world.handed_over()]) == ([1], [2])
    assert [line.get("notified") for line in emf(capsys)] == [1, None]
    assert not processor.is_ready()
    put_off = world.messages("deliveries")[0].body
    assert world.process(put_off, processor)
    assert world.put_off() == [1, 2]
    assert [line.get("notified") for line in emf(capsys)] == [None]
    world.clients.faults.clear()
    assert processor.is_ready()
    assert world.process(put_off, processor)
    assert world.copies() == [COPY]
    assert [line.get("notified") for line in emf(capsys)] == [None]
    assert world.messages("objects-dlq") == []


def test_a_bug_that_one_tenants_config_meets_does_not_stop_the_poller(world):
    """One tenant's item that the code can't read would keep every other tenant's objects in the queue."""
    processor = world.processor()
    processor._objects._repository = None
    assert world.process(notification(), processor)
    assert processor.is_ready()
    assert world.put_off() == [1]


def test_a_failed_delivery_is_handed_over_and_its_sibling_left_alone(world, capsys):
    """A retry would send the sibling's logs twice, or the failure be lost (pitfall 1)."""
    etag = world.put_object()
    world.put_config("s3")
    world.put_config("cloudwatch")
    world.clients.faults["CopyObject"] = Fault("SlowDown", 503)
    assert world.process(notification(s3_event(eTag=etag, size=99)))
    assert world.streams() == {STREAM: LINES}
    (message,) = world.handed_over()
    assert (message.type, message.tenant_id, message.key) == ("s3", "acme-corp", KEY)
    assert (message.etag, message.size, message.attempt, message.reason) == (etag, 99, 1, "throttled")
    assert sorted(ends(capsys)) == ["delivered", "handed-over"]


@pytest.mark.parametrize(
    "fault", [Fault("NoSuchBucket", 404), Fault("AccessDenied", 403), Fault("KMS.DisabledException")]
)
def test_a_customers_mistake_drops_nothing(world, fault):
    """A short policy mistake would delete a customer's logs (pitfall 3)."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = fault
    assert world.process(notification())
    assert len(world.handed_over()) == 1


def test_sts_that_is_down_hands_over_everything(world):
    """An outage of STS would lose every log with an empty dead-letter queue (pitfall 10b)."""
    world.put_object()
    world.put_config("s3")
    world.put_config("cloudwatch")
    world.clients.faults["AssumeRole"] = Fault("ServiceUnavailable", 503)
    assert world.process(notification())
    assert {message.type for message in world.handed_over()} == {"s3", "cloudwatch"}


def test_a_delivery_queue_that_is_down_returns_the_message(world, capsys):
    """The failed delivery would be lost with the message."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("SlowDown", 503)
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)
    assert not world.process(notification())
    assert ends(capsys) == ["returned"]


def test_a_corrupt_object_goes_to_the_dead_letter_queue_once_and_is_still_copied(world, capsys):
    """A corrupt object would be tried for a day, told nobody, or not reach the bucket that could take it."""
    world.put_object(data=b"not gzip")
    world.put_config("s3")
    world.put_config("cloudwatch")
    world.put_config(
        "cloudwatch:second", log_distribution_role_arn="arn:aws:iam::222222222222:role/R", log_group_name="/b"
    )
    assert world.process(notification())
    (message,) = world.messages("objects-dlq")
    assert message.message_attributes["reason"]["StringValue"] == "not-gzip"
    assert world.copies() == [COPY]
    assert sorted(ends(capsys)) == ["delivered", "permanent", "permanent"]


def test_an_object_that_is_gone_is_settled_and_counted(world, capsys):
    """A redrive after the object's expiry would go round until the end of the schedule (pitfall 10)."""
    world.put_config("s3")
    world.put_config("cloudwatch")
    assert world.process(notification())
    assert ends(capsys) == ["permanent", "permanent"]
    assert world.handed_over() == []


@pytest.mark.parametrize(
    "text", [KNOWN["001"]["given"]["sqs_body"], "{}", '{"Records": [{"eventName": "ObjectCreated:Put"}]}']
)
def test_a_message_that_cannot_be_read_goes_to_the_dead_letter_queue(world, capsys, text):
    """It would come back again and again, or be dropped without a trace (the known cases 001 and 017)."""
    assert world.process(text)
    (message,) = world.messages("objects-dlq")
    assert json.loads(message.body) == json.loads(text) if text.startswith("{") else message.body == text
    assert message.message_attributes["reason"]["StringValue"] in ends(capsys)


def test_an_unreadable_message_is_not_settled_while_the_dead_letter_queue_is_down(world):
    """The message would be gone with nobody having seen it."""
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)
    assert not world.process("rubbish")


def test_a_broken_record_goes_alone_and_its_siblings_are_delivered(world):
    """A redrive of the broken record would deliver its siblings again."""
    world.put_object()
    world.put_config()
    assert world.process(notification({"eventName": "ObjectCreated:Put", "s3": {}}, s3_event()))
    (message,) = world.messages("objects-dlq")
    assert len(json.loads(message.body)["Records"]) == 1
    assert world.copies() == [COPY]


def test_an_object_of_another_bucket_is_refused(world, capsys):
    """Whoever can write to the queue could have other buckets' objects delivered."""
    world.put_object()
    world.put_config()
    assert world.process(notification(s3_event(bucket="somebody-elses"), s3_event()))
    assert ends(capsys) == ["foreign-bucket", "delivered"]
    assert len(world.messages("objects-dlq")) == 1


def test_other_events_are_counted_and_tests_are_silent(world, capsys):
    """A deletion would raise an alarm, or S3's own test event."""
    assert world.process(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": CENTRAL}))
    assert ends(capsys) == []
    assert world.process(notification(s3_event(name="ObjectRemoved:Delete")))
    assert ends(capsys) == ["not-created"]


def test_a_bug_returns_the_message_and_says_nothing_of_its_content(world, caplog):
    """A bug would settle messages; or its message, which may quote content, get into our log."""
    processor = world.processor()
    processor._objects._attempts = None  # whatever it is that nobody foresaw
    world.put_config()
    world.put_object()
    assert not world.process(notification(), processor)

    def broken(*_):
        raise ValueError("a customer's line")

    processor._process = broken
    assert not world.process(notification(), processor)
    assert "a customer's line" not in str([record.__dict__ for record in caplog.records])


# --- a delivery message ---


def test_a_delivery_message_repeats_that_delivery_alone(world, capsys):
    """Siblings that succeeded would be sent twice."""
    world.put_object()
    world.put_config("s3")
    world.put_config("cloudwatch")
    assert world.process(again())
    assert world.copies() == [COPY]
    assert world.streams() == {}
    (line,) = emf(capsys)
    assert (line["Outcome"], line["attempts"]) == ("delivered", 3)


def test_a_resumed_delivery_continues_after_its_checkpoint(world):
    """Acknowledged batches would be sent twice."""
    world.put_object()
    world.put_config("cloudwatch")
    assert world.process(again(type="cloudwatch", checkpoint=1))
    assert world.streams() == {}
    assert world.process(again(type="cloudwatch", checkpoint=0))
    assert world.streams() == {STREAM: LINES}


def test_a_batch_behind_a_gap_that_arrived_is_not_sent_again(world):
    """What was acknowledged behind a batch that failed would arrive twice."""
    world.put_object()
    world.put_config("cloudwatch")
    assert world.process(again(type="cloudwatch", ahead=(0,)))
    assert world.streams() == {}


@pytest.mark.parametrize("acknowledged", [{"checkpoint": 1}, {"ahead": (0,)}])
@pytest.mark.parametrize("plan_version", [0, 999])
def test_an_unknown_plans_checkpoint_starts_over_and_says_so(world, capsys, plan_version, acknowledged):
    """After a deployment batches would be skipped: logs lost."""
    world.put_object()
    world.put_config("cloudwatch")
    assert world.process(again(type="cloudwatch", plan_version=plan_version, **acknowledged))
    assert world.streams() == {STREAM: LINES}
    assert ends(capsys) == ["unknown-plan-version", "delivered"]


def test_a_message_that_came_early_is_sent_again_and_is_no_attempt(world, capsys):
    """It would wait in flight, of which a queue has 120,000 at most, or use its attempts up."""
    world.put_object()
    world.put_config()
    early = again(not_before=time.time() + 2000)
    assert world.process(early, receipt="r")
    assert world.clients.count() == {"SendMessage": 1}
    assert (world.copies(), ends(capsys)) == ([], [])
    (message,) = world.messages("deliveries")
    assert message.body == early
    assert 800 < message.delayed_until / 1000 - time.time() <= 900


def test_an_early_message_that_cannot_be_sent_again_stays(world):
    """An outage of SQS would make an early attempt of it, or lose it."""
    world.put_config()
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)
    assert not world.process(again(not_before=time.time() + 2000), receipt="r")


@pytest.mark.parametrize("not_before", [0, 1_000_000_000])
def test_a_message_that_is_due_is_attempted(world, not_before):
    """A due delivery would be hidden again."""
    world.put_object()
    world.put_config()
    assert world.process(again(not_before=not_before), receipt="r")
    assert world.copies() == [COPY]


def test_by_hand_an_early_message_is_attempted(world):
    """Somebody who tries a delivery by hand would have to wait for an hour."""
    world.put_object()
    world.put_config()
    assert world.process(again(not_before=time.time() + 2000))
    assert world.copies() == [COPY]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: world.put_config("s3", desired_logs={"SS": ["other"]}), "application-filtered"),
        (lambda world: world.put_config("s3", cluster_ids={"SS": ["c-9"]}), "cluster-filtered"),
    ],
)
def test_a_delivery_that_is_no_longer_wanted_ends_with_its_reason(world, capsys, change, reason):
    """A changed filter would go on delivering for a day, or its waiting deliveries vanish without a line."""
    world.put_object()
    change(world)
    assert world.process(again())
    (line,) = emf(capsys)
    assert (line["Outcome"], line["Reason"], world.copies()) == ("permanent", reason, [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: world.put_config("s3:sibling"), "config-deleted"),
        (lambda world: None, "config-deleted"),
        (lambda world: world.put_config("s3", ttl=1), "config-deleted"),
        (lambda world: world.put_config("s3", enabled=False), "config-disabled"),
    ],
)
def test_a_delivery_whose_config_is_gone_is_parked_at_once(world, capsys, change, reason):
    """A config deleted by mistake would take what waits for it with it, or be asked for a day long."""
    world.put_object()
    change(world)
    assert world.process(again(checkpoint=2))
    (item,) = world.parked()
    assert (item["reason"]["S"], item["checkpoint"]["N"]) == (reason, "2")
    assert (ends(capsys), world.copies(), world.handed_over()) == (["parked"], [], [])


def test_a_config_that_has_just_come_back_counts(world):
    """A remembered absence would park deliveries of a config that was created a moment ago."""
    processor = world.processor(config_cache_seconds=60)
    world.put_object()
    assert world.process(notification(), processor)
    world.put_config()
    assert world.process(again(), processor)
    assert (world.copies(), world.parked()) == ([COPY], [])


def test_a_notification_that_comes_twice_is_delivered_once(world, capsys):
    """SQS' own repetition of a message would send every event of its object twice."""
    processor = world.processor()
    world.put_object()
    world.put_config("cloudwatch")
    twice = notification(s3_event(sequencer="0A"))
    assert world.process(twice, processor)
    assert world.process(twice, processor)
    assert world.streams() == {STREAM: LINES}
    assert ends(capsys) == ["delivered", "delivered-twice-by-the-queue"]


def test_an_object_written_anew_is_another(world):
    """The second version of an object would be taken for a repetition of the first."""
    processor = world.processor()
    world.put_object()
    world.put_config("cloudwatch")
    for sequencer in ("0A", "0B"):
        assert world.process(notification(s3_event(sequencer=sequencer)), processor)
    assert world.streams() == {STREAM: LINES * 2}


def test_only_what_could_not_be_settled_is_repeated(world):
    """A sibling that was delivered would be sent again because another couldn't even be handed over."""
    processor = world.processor()
    world.put_object()
    world.put_config("cloudwatch")
    world.put_config("s3")
    world.clients.faults["CopyObject"] = Fault("SlowDown", 503)
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)
    message = notification(s3_event(sequencer="0A"))
    assert not world.process(message, processor)
    world.clients.faults.clear()
    assert world.process(message, processor)
    assert (world.streams(), world.copies()) == ({STREAM: LINES}, [COPY])


def test_a_delivery_message_that_comes_twice_is_attempted_once(world):
    """SQS' own repetition of a delivery message would send the rest of its events twice."""
    processor = world.processor()
    world.put_object()
    world.put_config("cloudwatch")
    twice = again(type="cloudwatch")
    assert world.process(twice, processor)
    assert world.process(twice, processor)
    assert world.streams() == {STREAM: LINES}


def test_a_config_broken_meanwhile_keeps_its_deliveries(world, capsys):
    """A typing error made after the object came would drop what waits for delivery."""
    world.put_object()
    world.put_config("s3", bucket_name="NOT A BUCKET")
    assert world.process(again(checkpoint=2))
    (message,) = world.handed_over()
    assert (message.reason, message.attempt, message.checkpoint) == ("config-invalid", 3, 2)
    (line,) = emf(capsys)
    assert "bucket_name" in line["detail"]


def test_a_failed_attempt_becomes_the_next_message(world):
    """The delivery would end after its second attempt."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("AccessDenied", 403)
    assert world.process(again())
    (message,) = world.handed_over()
    assert (message.attempt, message.reason) == (3, "destination-denied")
    assert message.not_before >= time.time() - 5
    (raw,) = world.messages("deliveries")
    assert raw.group_id == "acme-corp"


def test_after_the_schedule_the_delivery_is_parked(world, capsys):
    """A customer's mistake would be retried for ever, or their logs dropped (pitfall 2)."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("NoSuchBucket", 404)
    assert world.process(again(first_attempt_at=time.time() - 90_000, attempt=40))
    assert world.handed_over() == []
    (item,) = world.parked()
    assert item["delivery"]["S"] == f"s3#{KEY}"
    assert item["reason"]["S"] == "no-such-bucket"
    assert "does not exist" in item["detail"]["S"]
    assert (item["action"]["S"], item["resource"]["S"]) == ("s3:CopyObject", "s3://acme-bucket")
    assert ends(capsys) == ["parked"]
    status = world.status()
    assert (status.failure["reason"], status.failure["action"]) == ("no-such-bucket", "s3:CopyObject")
    assert status.due_at


def test_what_cannot_be_parked_is_handed_over(world, capsys):
    """An outage of the table would lose the delivery, or use up its message's receives."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("NoSuchBucket", 404)
    world.clients.faults["TransactWriteItems"] = Fault("InternalServerError", 500)
    assert world.process(again(first_attempt_at=time.time() - 90_000))
    assert ends(capsys) == ["handed-over"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"kind": "logrouter.delivery", "bucket": "x"}', "delivery-message-incomplete"),
        (again(key="nonsense"), "key-segments"),
        (again(tenant_id="globex"), "foreign-tenant"),
        (again(bucket="somebody-elses"), "foreign-bucket"),
    ],
    ids=["incomplete", "key", "tenant", "bucket"],
)
def test_a_damaged_delivery_message_goes_to_its_own_dead_letter_queue(world, capsys, text, reason):
    """It would come back until the end of its retention, or deliver one tenant's logs to another."""
    world.put_object()
    world.put_config()
    assert world.process(text)
    (message,) = world.messages("deliveries-dlq")
    assert (message.body, message.message_attributes["reason"]["StringValue"]) == (text, reason)
    assert ends(capsys) == [reason]


def test_a_corrupt_object_met_again_is_settled(world, capsys):
    """A delivery of a corrupt object would be tried until the end of its schedule."""
    world.put_object(data=b"not gzip")
    world.put_config("cloudwatch")
    assert world.process(again(type="cloudwatch"))
    assert len(world.messages("objects-dlq")) == 1
    assert ends(capsys) == ["permanent"]


# --- cost ---


def test_a_success_costs_no_call_beside_its_own(world):
    """Every object would cost a Head, a Describe, or a role hop anew (pitfalls 29 and 30)."""
    world.options["config_cache_seconds"] = 60
    world.put_object()
    world.put_config("s3")
    world.put_config("cloudwatch")
    processor = world.processor()
    assert world.process(notification(), processor)
    world.clients.calls.clear()
    assert world.process(notification(), processor)
    assert world.clients.count() == {"GetObject": 1, "PutLogEvents": 1, "CopyObject": 1}


def test_a_hanging_delivery_that_goes_on_late_does_not_change_what_was_decided(world):
    """The message would be handed over with a checkpoint that nobody has acknowledged at that time."""
    release, moved = threading.Event(), threading.Event()

    class Hangs:
        config_model = S3Config

        def __init__(self, services):
            pass

        def deliver(self, delivery, source):
            delivery.progress.checkpoint = 1
            release.wait(30)
            delivery.progress.checkpoint = 9
            moved.set()

    world.put_config("s3")
    processor = world.processor(methods={"s3": Hangs})
    settle = processor._objects._settlement.settle

    def settle_late(ended):
        release.set()
        moved.wait(30)
        return settle(ended)

    processor._objects._settlement.settle = settle_late
    assert world.process(notification(), processor, seconds=0.05)
    (message,) = world.handed_over()
    assert (message.reason, message.checkpoint) == ("hung", 1)
