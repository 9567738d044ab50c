"""A test delivery on moto, which lets everybody do everything: what is refused, the test says."""

import json
import logging
from contextlib import contextmanager

import pytest

from runtime import scheduling
from runtime.aws.function_call import FunctionFailedError
from runtime.conformance.stand_in import FastTime
from runtime.deliveries.probe import ProbeReport, ProbeStep, StepOutcome
from runtime.delivery_state.delivery_tests import DeliveryTest, DeliveryTests, DeliveryTestState
from runtime.delivery_test import attempt, lambda_handler
from runtime.delivery_test.settings import DeliveryTesterSettings
from runtime.delivery_test.tester import DeliveryTester
from tests.unit.runtime.aws_world import (
    CENTRAL_ROLE,
    CUSTOMER_ROLE,
    REGION,
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, World

DENIED = "AccessDenied"


def settings(**changes):
    values = {
        "tenant_config_table": "configs",
        "parked_deliveries_table": "parked",
        "central_log_distribution_role_arn": CENTRAL_ROLE,
        "central_bucket": CENTRAL,
        "aws_region": REGION,
        "test_retry_seconds": 0,
    }
    return DeliveryTesterSettings(**{**values, **changes})


@pytest.fixture
def world(clients):
    made = World(clients)
    made.put_config("cloudwatch")
    made.put_config("s3")
    return made


@contextmanager
def fast_time():
    """Pauses take no time, and are counted in the clock."""
    with scheduling.use(FastTime()):
        yield


def tried(world, type_="cloudwatch", *, enables=False, begun=True, **changes):
    """Ask for a test and make it; return it as the table has it."""
    tests = DeliveryTests(world.plain_clients, "parked")
    test = tests.start(DeliveryTest("acme-corp", type_, enables=enables, requested_by="arn:who"))
    if enables:
        world.put_config(type_, enabled=False, enable_after_test=test.id)
    if begun:
        DeliveryTester(settings(**changes), world.clients).run("acme-corp", type_, test.id)
    return tests.of("acme-corp", type_, test.id)


def steps(test):
    return [(step["name"], step["outcome"], step["reason"]) for step in test.steps]


def guard(world):
    """Refuse the stranger, as a customer's trust policy with the tag condition does."""
    world.clients.faults["AssumeRole"] = Fault(DENIED, 403, after=4)


def test_every_hop_to_a_log_group_is_taken_and_named(world):
    """Who onboards would learn from the first lost hour of logs which hop is refused."""
    guard(world)
    test = tried(world)
    assert steps(test) == [
        (name, "passed", "")
        for name in ("central-role", "customer-role", "tag-condition", "log-stream", "open", "send")
    ]
    assert (test.state, test.left) == (DeliveryTestState.PASSED, f"logrouter/logrouter-test/{test.id}")
    assert world.streams() == {test.left: [f"A test of this delivery config: {test.id}"]}


def test_an_object_is_put_and_named(world):
    """A bucket's test would prove nothing; or what it leaves would be taken for logs."""
    world.clients.faults["PutObject"] = Fault(DENIED, 403, after=1)
    test = tried(world, "s3")
    assert steps(test) == [(name, "passed", "") for name in ("central-role", "object", "tag-condition")]
    assert world.copies() == [test.left]
    assert f"/logrouter-test/{test.id}/" in test.left


@pytest.mark.parametrize("type_", ["cloudwatch", "s3"])
def test_a_destination_that_lets_any_tenant_in_is_warned_of(world, type_):
    """A customer's hand-made policy would be open to every other tenant's config, and nobody would say so."""
    test = tried(world, type_)
    assert test.state is DeliveryTestState.PASSED
    (step,) = [step for step in test.steps if step["outcome"] == "warning"]
    assert (step["name"], step["reason"]) == ("tag-condition", "tag-condition-missing")
    assert step["fixes"][0]["document"]["Condition"]["StringEquals"]["aws:PrincipalTag/tenant_id"] == "acme-corp"


@pytest.mark.parametrize(
    ("after", "step", "side", "resource"),
    [(0, "central-role", "provider", CENTRAL_ROLE), (2, "customer-role", "customer", CUSTOMER_ROLE)],
)
def test_the_hop_that_is_refused_is_named_with_its_statement(world, after, step, side, resource):
    """The customer would be asked to change what is the provider's, or the other way round."""
    world.clients.faults["AssumeRole"] = Fault(DENIED, 403, after=after)
    if after == 0:
        world.clients.faults["AssumeRole"].times = 1
    test = tried(world)
    (failed,) = [each for each in test.steps if each["outcome"] == "failed"]
    assert (test.state, failed["name"]) == (DeliveryTestState.FAILED, step)
    assert (failed["fixes"][0]["side"], failed["fixes"][0]["resource"]) == (side, resource)
    assert "sts:AssumeRole" in failed["fixes"][0]["document"]["Action"]
    assert not test.left, "nothing is left of what wasn't delivered"
    assert {each["outcome"] for each in test.steps[test.steps.index(failed) + 1 :]} <= {"not-reached"}


def test_what_iams_delay_may_explain_is_tried_again(world):
    """Who has just pasted the statement would be told that it doesn't help."""
    world.clients.faults["CreateLogStream"] = Fault("AccessDeniedException", 400, times=2)
    with fast_time():
        test = tried(world, test_retry_seconds=60)
        assert (test.state, test.attempts) == (DeliveryTestState.PASSED, 3)
        world.clients.faults["CreateLogStream"] = Fault("AccessDeniedException", 400)
        test = tried(world, test_retry_seconds=60)
    assert (test.state, test.attempts) == (DeliveryTestState.FAILED, 10)


def test_what_no_delay_explains_fails_at_once(world):
    """Each mistake in a config would cost its writer a minute."""
    world.clients.faults["PutObject"] = Fault("NoSuchBucket", 404)
    with fast_time():
        test = tried(world, "s3", test_retry_seconds=60)
    assert (test.state, test.attempts) == (DeliveryTestState.FAILED, 1)


def test_a_newer_test_takes_an_older_ones_place(world, monkeypatch):
    """The older one's result would be shown for a config that has changed since."""
    tests = DeliveryTests(world.plain_clients, "parked")
    newer = []

    def meanwhile(*_):
        newer.append(tests.start(DeliveryTest("acme-corp", "cloudwatch")))
        return ProbeReport((ProbeStep("open", StepOutcome.PASSED),))

    monkeypatch.setattr("runtime.delivery_test.tester.attempt", meanwhile)
    older = tests.start(DeliveryTest("acme-corp", "cloudwatch"))
    assert DeliveryTester(settings(), world.clients).run("acme-corp", "cloudwatch", older.id) is None
    assert tests.of("acme-corp", "cloudwatch", older.id) is None
    assert tests.of("acme-corp", "cloudwatch", newer[0].id).state is DeliveryTestState.QUEUED


def test_an_invocation_that_comes_twice_makes_one_test(world):
    """Lambda delivers asynchronous events at least once: a customer would get two events of one test."""
    guard(world)
    test = tried(world)
    calls = len(world.clients.calls)
    assert DeliveryTester(settings(), world.clients).run("acme-corp", "cloudwatch", test.id) is None
    assert {call[0] for call in world.clients.calls[calls:]} == {"GetItem"}


def test_a_test_that_nobody_makes_has_no_answer(world):
    """It would be shown as running for ever."""
    test = tried(world, begun=False)
    assert test.state is DeliveryTestState.QUEUED
    later = DeliveryTests(world.plain_clients, "parked", lambda: test.ends_by + 1)
    assert later.of("acme-corp", "cloudwatch", test.id).state is DeliveryTestState.NO_ANSWER
    assert later.begin("acme-corp", "cloudwatch", test.id, 60) is None, "too late: nobody waits for it"


@pytest.mark.parametrize(("type_", "reason"), [("s3:none", "config-missing"), ("s3:bad", "config-invalid")])
def test_a_config_that_cannot_be_used_is_said_so(world, type_, reason):
    """Its writer would wait for a test that never ends."""
    world.put_config("s3:bad", bucket_name="UPPER")
    test = tried(world, type_)
    assert (steps(test), test.state) == ([("config", "failed", reason)], DeliveryTestState.FAILED)
    assert test.steps[0]["fixes"][0]["side"] == "config"


def test_a_config_is_enabled_once_it_has_passed(world, caplog):
    """It would be enabled although it fails, or never; or nobody could say who did it."""
    world.clients.faults["PutObject"] = Fault(DENIED, 403)
    assert steps(tried(world, "s3", enables=True))[1][:2] == ("object", "failed")
    assert enabled(world, "s3") is False
    world.clients.faults["PutObject"] = Fault(DENIED, 403, after=1)
    with caplog.at_level(logging.INFO, "logrouter.audit"):
        test = tried(world, "s3", enables=True)
    assert (test.state, steps(test)[-1]) == (DeliveryTestState.PASSED, ("enable", "passed", ""))
    assert enabled(world, "s3") is True
    (line,) = [record.audit for record in caplog.records if hasattr(record, "audit")]
    assert (line["action"], line["caller"], line["test"]) == ("enable", "arn:who", test.id)


def enabled(world, type_):
    key = {"tenant_id": {"S": "acme-corp"}, "type": {"S": type_}}
    return world.plain("dynamodb").get_item(TableName="configs", Key=key)["Item"]["enabled"]["BOOL"]


def test_a_config_that_was_written_meanwhile_is_not_enabled(world, monkeypatch):
    """What was never tested would be enabled."""
    passed = ProbeReport((ProbeStep("open", StepOutcome.PASSED),))
    monkeypatch.setattr(
        "runtime.delivery_test.tester.attempt", lambda *_: world.put_config("s3", enabled=False) or passed
    )
    test = tried(world, "s3", enables=True)
    assert (test.state, steps(test)[-1]) == (DeliveryTestState.FAILED, ("enable", "failed", "config-changed"))
    assert enabled(world, "s3") is False


class TestOutside:
    """Methods that connect to customers' addresses are tried by the outside's function, by a pass."""

    @pytest.fixture
    def invoked(self, world, clients, monkeypatch):
        world.put_config("webhook", url="https://example.com/in", signing_secret=("logrouter/acme-corp/1",))
        made = clients.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        self.key = made["KeyMetadata"]["KeyId"]
        self.answer, asked = {}, []

        def answer(function, sent):
            asked.append((function, sent))
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        monkeypatch.setattr("runtime.delivery_test.attempt.invoke", lambda _, *given: answer(*given))
        return asked

    def tried(self, world):
        return tried(world, "webhook", outside_tester="outside", pass_key_id=self.key)

    def test_its_steps_are_the_tests(self, world, invoked):
        """The inside would connect to an address that a customer chose."""
        step = {"name": "challenge", "outcome": "failed", "reason": "challenge-failed", "detail": "d"}
        call = {"hop": "DESTINATION", "action": "https:POST", "resource": "https://example.com", "next_step": "answer"}
        self.answer = {"steps": [{**step, "call": call, "denied_by": "", "region": ""}], "left": ""}
        test = self.tried(world)
        ((function, asked),) = invoked
        assert function == "outside"
        assert {name: asked[name] for name in ("tenant_id", "type", "id")} == {
            "tenant_id": "acme-corp", "type": "webhook", "id": test.id
        }  # fmt: skip
        assert asked["mac"]
        assert steps(test) == [("challenge", "failed", "challenge-failed")]
        assert test.steps[0]["fixes"] == [
            {"side": "customer", "text": "answer", "place": "", "resource": "https://example.com", "document": {}}
        ]

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            ({}, "answer-incomplete"),
            ({"steps": [], "left": ""}, "answer-incomplete"),
            (FunctionFailedError(), "answer-incomplete"),
            (TimeoutError(), "timeout"),
        ],
    )
    def test_an_answer_that_is_no_report_is_no_pass(self, world, invoked, answer, reason):
        """A function that crashed would pass for a destination that works."""
        self.answer = answer
        assert steps(self.tried(world)) == [("outside", "failed", reason)]

    def test_a_stage_without_an_outside_says_so(self, world, invoked):
        """Its writer would look for the fault at the endpoint."""
        assert steps(tried(world, "webhook")) == [("outside", "failed", "method-not-installed")]


def test_the_functions_event_names_a_test_and_nothing_else(world, monkeypatch):
    """The API would need more rights than to name a tenant, a type and an id."""
    guard(world)
    monkeypatch.setattr(lambda_handler, "tester", lambda: DeliveryTester(settings(), world.clients))
    test = tried(world, begun=False)
    asked = {"tenant_id": "acme-corp", "type": "cloudwatch", "id": test.id}
    assert lambda_handler.handler(asked, None) == {"state": "passed"}
    assert lambda_handler.handler(asked, None) == {"state": None}


def test_a_report_is_read_as_it_was_written():
    """The outside's steps would reach the API as others."""
    report = ProbeReport((ProbeStep("open", StepOutcome.WARNING, "r", "d", denied_by="a policy", region="x"),), "left")
    assert attempt.read_report(json.loads(json.dumps(attempt.written_report(report)))) == report
