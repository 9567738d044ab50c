"""The alert function on moto: from the queue's messages to the customer's topic."""

import json
from types import SimpleNamespace

import pytest

from runtime.alerts import lambda_handler
from runtime.alerts.states import SHARDS
from runtime.alerts.tenants import BELIEVED_SECONDS
from runtime.programs.sandbox import Sandbox, WorkerLostError
from tests.unit.runtime.alerts.alert_world import BUS, BUS_NOTICE, NOTICE, ROLE_ID, STATES, TOPIC, AlertWorld
from tests.unit.runtime.api.gateway import RULES
from tests.unit.runtime.aws_world import (
    CENTRAL_ROLE,
    CUSTOMER_ROLE,
    ENVIRONMENT,
    Fault,
    emf,
    recording_clients,  # noqa: F401 - a fixture
)


@pytest.fixture
def world(clients):
    """A world with one rule."""
    made = AlertWorld(clients)
    made.put_rule()
    clients.calls.clear()
    return made


def test_a_marked_line_notifies_once_and_its_repetitions_not_again(world):
    """A customer would not be told, or once for each delivery of one message."""
    assert world.take(world.message(1), world.message(1)) == []
    assert world.take(world.message(1)) == []
    (received,) = world.received()
    assert received["state"] == "firing"
    assert received["matches"] == 1
    assert received["key"] == {"application": "etcd", "cluster_id": "c1"}
    assert received["first_at"] == received["last_at"] == "2026-11-30T10:00:00.500+00:00"
    assert "it failed" not in json.dumps(received)


def test_an_alert_is_resolved_by_the_sweep(world):
    """An alert would never end."""
    world.take(world.message(1))
    assert world.sweep(after=299) == 0
    assert world.sweep(after=2) == 1
    assert [each["state"] for each in world.received()] == ["firing", "resolved"]
    assert world.sweep(after=86_400) == 0


def test_a_notification_goes_by_the_double_hop_with_the_tenant_s_tag(world):
    """The customer's trust policy would refuse it, or another tenant's role take it."""
    world.take(world.message(1))
    hops = [request for request in world.clients.requested if "RoleArn" in request]
    assert [hop["RoleArn"] for hop in hops] == [CENTRAL_ROLE, CUSTOMER_ROLE]
    assert hops[0]["Tags"] == [{"Key": "tenant_id", "Value": "acme-corp"}]
    assert json.loads(hops[0]["Policy"])["Statement"] == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": CUSTOMER_ROLE}
    ]
    assert hops[1]["ExternalId"] == "111111111111"


def test_an_event_bus_gets_an_event(world):
    """A rule of the method eventbridge would notify nobody."""
    world.put_rule(notify=BUS_NOTICE)
    world.clients.requested.clear()
    assert world.take(world.message(1)) == []
    (entry,) = next(request["Entries"] for request in world.clients.requested if "Entries" in request)
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("logrouter.alerts", "Alert firing", BUS)
    assert json.loads(entry["Detail"])["rule"] == "errors"
    assert world.sweep(after=60) == 0


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("unknown-sender", {"sender": "AROASOMEONEELSE"}),
        ("unknown-sender", {"sender": "111111111111"}),
        ("another-cluster", {"cluster_id": "c2"}),
        ("malformed", {"id": "1"}),
        ("not-the-tenants-cluster", {"tenant_id": "other-corp"}),
    ],
)
def test_a_copy_that_isn_t_its_sender_s_is_dropped_and_counted(world, capsys, reason, message):
    """A cluster could raise another's or a strange tenant's alerts; or a copy vanish unseen."""
    world.put_record(tenant_id="other-corp", cluster_ids=["c9"])
    world.put_rule(tenant_id="other-corp")
    assert world.take(world.message(1, **message)) == []
    assert world.received() == []
    (line,) = emf(capsys)
    assert (line["Reason"], line["RefusedAlertCopies"]) == (reason, 1)


@pytest.mark.parametrize("state", ["suspended", "leaving"])
def test_a_tenant_that_isn_t_active_is_told_nothing(world, state):
    """A suspended tenant's roles would still be assumed."""
    world.put_record(state=state)
    assert world.take(world.message(1)) == []
    assert not [request for request in world.clients.requested if "RoleArn" in request]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"accounts": ["333333333333"]}, "account-not-allowed"),
        ({"allowed_regions": ["eu-west-1"]}, "region-not-allowed"),
    ],
)
def test_a_rule_notifies_only_where_the_tenant_s_record_allows(world, capsys, record, reason):
    """A rule would reach an account or a Region that the record forbids for deliveries."""
    world.put_record(**record)
    world.take(world.message(1))
    assert [line["reason"] for line in emf(capsys) if "AlertNotifications" in line] == [reason]
    assert world.received() == []


def test_an_issued_external_id_is_used(world):
    """After an ExternalId was issued, the customer's role would refuse alerts alone."""
    world.put_record(external_id="logrouter-issued-for-acme")
    world.take(world.message(1))
    assert world.clients.requested[-2]["ExternalId"] == "logrouter-issued-for-acme"


def test_what_one_table_doesn_t_answer_comes_again_and_the_rest_of_the_batch_doesn_t(world):
    """A batch would be repeated whole, or an alert lost with the table."""
    world.put_rule(tenant_id="other-corp")
    world.take(world.message(9, tenant_id="other-corp"))
    world.clients.faults["UpdateItem"] = Fault("ProvisionedThroughputExceededException", times=1)
    records = [world.message(1), world.message(2, application="api"), world.message(3, sender="AROAELSE")]
    again = world.take(*records)
    assert again in (["m1"], ["m2"])
    world.clients.faults.clear()
    assert world.take(*records) == []
    assert sorted(each["key"]["application"] for each in world.received()) == ["api", "etcd", "etcd"]


def test_a_rule_s_change_is_seen_within_ten_seconds(world):
    """A disabled rule would go on notifying."""
    world.take(world.message(1))
    world.put_rule(enabled=False)
    world.now += BELIEVED_SECONDS + 1
    world.take(world.message(2, application="api"))
    assert len(world.received()) == 1


def test_the_state_of_a_rule_that_is_gone_is_dropped_by_the_sweep(world):
    """The sweep would come upon it each minute for ever."""
    world.take(world.message(1))
    world.put_rule(enabled=False)
    assert world.sweep(after=301) == 1
    assert world.items() == []


def test_an_invalid_rule_fires_nothing_and_hides_no_other(world, caplog):
    """One rule that can't be read would silence the tenant's others; or its content stand in the log."""
    world.put_rule(name="odd", level="dreadful")
    world.take(world.message(1))
    assert len(world.received()) == 1
    (record,) = [record for record in caplog.records if "invalid alert rule" in record.message]
    assert (record.rule, record.fields) == ("odd", ("level",))


def test_a_batch_whose_time_is_over_comes_again(world):
    """A step would be begun that the function's end cuts off."""
    assert world.take(world.message(1), seconds=30) == ["m1"]
    assert world.received() == []


def test_a_state_expires_after_everything_that_it_is_needed_for(world):
    """The table would forget a firing alert, or keep every state for ever."""
    world.take(world.message(1))
    (item,) = world.items()
    assert world.now + 300 < item["ttl"] < world.now + 2 * 86_400
    assert item["work"] in {f"alert#{shard}" for shard in range(SHARDS)}


def test_the_handler_reads_its_environment_and_answers_as_lambda_wants(world, monkeypatch):
    """The function would not start, or a whole batch come again."""
    variables = {
        "ALERT_STATES_TABLE": STATES,
        "ALERT_RULES_TABLE": RULES,
        "TENANTS_TABLE": "tenants",
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": CENTRAL_ROLE,
        "CLUSTERS_BY_ROLE_ID": json.dumps({ROLE_ID: "c1"}),
    }
    for name, value in {**ENVIRONMENT, **variables}.items():
        monkeypatch.setenv(name, value)
    lambda_handler.workers.cache_clear()
    monkeypatch.setattr("runtime.aws.clients.AwsClients", lambda _region: world.clients)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
    world.clients.faults["UpdateItem"] = Fault("AccessDeniedException", 403)
    answer = lambda_handler.handler({"Records": [world.message(1)]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert lambda_handler.handler(lambda_handler.SWEEP, context) == {"worked_at": 0}
    lambda_handler.workers.cache_clear()


def test_a_fifo_topic_gets_the_notification_s_id(world):
    """A repeated notification would come twice where the customer's topic could have told."""
    topic = f"{TOPIC}.fifo"
    world.topics.create_topic("alerts.fifo", {"FifoTopic": "true"})
    world.put_rule(notify=NOTICE | {"topic_arn": topic})
    world.take(world.message(1))
    request = next(each for each in world.clients.requested if "TopicArn" in each)
    assert request["MessageGroupId"] == "errors"
    assert request["MessageDeduplicationId"] == json.loads(request["Message"])["id"]


def test_a_predicate_is_asked_before_anybody_is_notified(world):
    """A rule with a predicate would notify of every marked line."""
    world.put_rule(predicate='contains(string!(.message), "disk")')
    assert world.take(world.message(1)) == []
    assert world.received() == []
    assert world.take(world.message(2, message="E1 the disk failed")) == []
    assert [each["state"] for each in world.received()] == ["firing"]


def test_a_predicate_whose_worker_is_lost_loses_no_copy(world, monkeypatch):
    """An alert would be lost because the host had no memory for a moment."""
    world.put_rule(predicate="true")

    def lost(*_):
        raise WorkerLostError("x")

    with monkeypatch.context() as broken:
        broken.setattr(Sandbox, "run", lost)
        message = world.message(1)
        assert world.take(message) == [message["messageId"]]
    assert world.take(message) == []
    assert [each["state"] for each in world.received()] == ["firing"]
