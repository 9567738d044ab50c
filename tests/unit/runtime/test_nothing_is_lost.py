"""Any sequence of outcomes, with a crash at any point: each event arrives.

And no batch arrives twice but for the reasons that docs/reliability.md lists: a crash, a lost answer, or a message
that could not even be handed over. What each may repeat is counted where it happens (``delivery_model``).
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.unit.runtime.delivery_model import (
    BATCHES,
    TYPES,
    Outside,
    new_process,
    new_resumer,
    notification,
    receive,
    resume,
)

DOES = ("acknowledge", "throttle", "refuse", "lose-the-answer", "run-out-of-time")
PARTS = ("queue", "table", "configs")


class NothingIsLost(RuleBasedStateMachine):
    """Queue, processor, resumer, destination: hypothesis chooses what happens."""

    @initialize()
    def begin(self):
        self.outside = Outside()
        self.process = new_process(self.outside)
        self.expected = set()
        self.objects = 0

    @rule()
    def an_object_comes(self):
        key, body = notification(self.objects)
        self.objects += 1
        self.outside.put(body)
        self.expected |= {(key, type_, batch) for type_ in self.outside.configs for batch in range(BATCHES)}

    @rule(does=st.lists(st.sampled_from(DOES), min_size=1, max_size=12))
    def the_destination_will(self, does):
        self.outside.script.extend(does)

    @rule(what=st.sampled_from(PARTS), is_down=st.booleans())
    def something_is_down_or_up_again(self, what, is_down):
        (self.outside.down.add if is_down else self.outside.down.discard)(what)

    @rule(after=st.integers(0, 12), effect=st.booleans())
    def the_process_will_be_killed(self, after, effect):
        self.outside.crash_in, self.outside.crash_after = after, effect

    @rule(data=st.data())
    def a_message_is_received(self, data):
        visible = self.outside.visible()
        if visible:
            self._receive(data.draw(st.sampled_from(visible)))

    @rule(data=st.data())
    def a_message_is_received_twice(self, data):
        visible = self.outside.visible()
        if visible:
            message = data.draw(st.sampled_from(visible))
            self._receive(message)
            if message.gone:  # SQS: at least once
                self._receive(message)

    @rule(seconds=st.sampled_from((1.0, 30.0, 600.0, 4000.0, 50_000.0)))
    def time_passes(self, seconds):
        self.outside.now += seconds

    @rule(type_=st.sampled_from(TYPES))
    def a_config_is_deleted_or_comes_back(self, type_):
        if type_ in self.outside.configs and len(self.outside.configs) > 1:
            # What waits in the object queue isn't a delivery yet: only what has begun is promised to a deleted config.
            self._work_off_objects()
            self.outside.configs.discard(type_)
        else:
            self.outside.configs.add(type_)
            new_resumer(self.outside).config_changed("acme-corp", type_)

    @rule()
    def the_resumer_runs(self):
        resume(self.outside)

    @invariant()
    def nothing_arrives_twice_without_a_reason(self):
        outside = getattr(self, "outside", None)
        if outside is None:
            return
        doubled = sum(outside.acknowledged.values()) - len(outside.acknowledged)
        assert doubled <= outside.may_double

    def teardown(self):
        outside = getattr(self, "outside", None)
        if outside is None:
            return
        outside.down.clear()
        outside.script.clear()
        outside.crash_in = -1
        outside.configs |= set(TYPES)
        self._receive_all_until_quiet()
        assert set(outside.acknowledged) >= self.expected
        self.nothing_arrives_twice_without_a_reason()

    def _receive(self, message):
        if not receive(self.outside, self.process, message):
            self.process = new_process(self.outside)

    def _work_off_objects(self):
        outside = self.outside
        outside.down.clear()
        outside.crash_in = -1
        for message in outside.messages:
            if not message.gone and message.is_notification():
                self._receive(message)

    def _receive_all_until_quiet(self):
        outside = self.outside
        for _ in range(3000):
            for message in outside.visible():
                self._receive(message)
            resume(outside)
            if not outside.parked and all(message.gone for message in outside.messages):
                return
            outside.now += 600
        raise AssertionError("something waits for ever")


NothingIsLost.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,  # in the suite always the same examples
)


class TestNothingIsLost(NothingIsLost.TestCase):
    """A line of some tenant's log would be lost, or arrive twice, after some sequence that nobody thought of."""
