"""A program between the plan and the requests: what is sent, set aside and counted, and what a kill does."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from runtime.backoff import Retry
from runtime.deliveries import programs
from runtime.deliveries.cloudwatch.filtering import filter_events
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.event_request import DELIVERED, EventRequest, Rejection, Verdicts
from runtime.deliveries.method import SEAM_VERSION, Delivery, DeliveryProgress, Rest, Unkept
from runtime.deliveries.programs import FAILED, KILLED, MAX_KILLS, SWITCHED_OFF
from runtime.delivery_config.facts import MethodFacts, Order, Placement, RequestLimits
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.transform import Transform
from runtime.errors import BlockedByCustomerError, ConfigGoneError, OutOfTimeError, RefusedError, RetryableError
from runtime.objects.batches import Batch
from runtime.objects.event_ids import EventIds
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.programs import application
from runtime.programs.sandbox import EngineMissingError, ProgramKilledError, WorkerLostError
from runtime.time_budget import TimeBudget
from tests.unit.runtime.deliveries.cloudwatch.doubles import KEY, NOW, NOW_MS, FakeClock, Kept, Source, full_pause

LIMITS = RequestLimits(events=4, bytes=10_000, event_bytes=5_000)


class OneByOne(DeliveryConfig):
    facts = MethodFacts("made", "Made up", Placement.INSIDE, Order.NONE, reads_events=True, limits=LIMITS)


class ByTime(DeliveryConfig):
    facts = MethodFacts("timed", "Made up", Placement.INSIDE, Order.TIME, reads_events=True, limits=None)


class Method(EventMethod):
    """Sends to a function of the test's."""

    seam = SEAM_VERSION
    leaves_out_empty = True

    def __init__(self, answer, config_model, kept, kills):
        self.config_model = config_model
        retry = Retry(attempts=2, first=1.0, longest=4.0, wait=FakeClock().wait, jitter=full_pause)
        services = SimpleNamespace(killed_programs=kills)
        super().__init__(services, set_aside=kept, retry=retry, now=lambda: NOW)
        self.answer = answer

    def filter(self, batch, now_ms):
        """Take out what CloudWatch refuses, where the method sorts by time as it does."""
        return filter_events(batch, now_ms) if self.config_model is ByTime else super().filter(batch, now_ms)

    def open(self, delivery):
        del delivery
        return SimpleNamespace(send=self.answer, close=lambda: None)


class Kills:
    """Counts kills in the process."""

    def __init__(self, before=0):
        self.counts = Counter()
        self.before = before

    def count(self, config, digest):
        return self.before + self.counts[config.type, digest]

    def add(self, config, digest):
        self.counts[config.type, digest] += 1


class Scene:
    """One delivery with a program."""

    def __init__(self, source, *, model=OneByOne, judge=lambda request: DELIVERED, progress=None, kills=None, **more):
        transform = Transform(source=source, **more) if source is not None else None
        config = model(tenant_id="acme-corp", type="made", target_region="us-east-1", transform=transform)
        object_ = StoredObject("central", ObjectKey.parse(KEY), "0cc1")
        self.delivery = Delivery(object_, config, TimeBudget.of_seconds(60), progress or DeliveryProgress())
        self.requests, self.kept, self.kills, self.judge = [], Kept(), kills or Kills(), judge

    def send(self, request):
        verdicts = self.judge(request)
        self.requests.append(request)
        return verdicts

    def deliver(self, *batches):
        method = Method(self.send, type(self.delivery.config), self.kept, self.kills)
        method.deliver(self.delivery, Source(*batches))
        return self

    @property
    def sent(self):
        """The texts that were sent, by request."""
        return [[json.loads(each) for each in request.batch.literals] for request in self.requests]

    @property
    def counts(self):
        """What the program counted, without zeros."""
        counts = self.delivery.progress.program_counts
        return {name: count for name, count in counts.items() if count and name != "cpu_us"}


def events(*texts, index=0, step=1):
    times = [NOW_MS + number * step for number in range(len(texts))]
    return Batch(index, times, [json.dumps(each).encode() for each in texts], [len(each.encode()) for each in texts])


def test_messages_are_changed_dropped_and_multiplied():
    """A program would change nothing, or what it makes would be counted as what was read."""
    source = """
    .message = string!(.message) + "!"
    if .message == "drop!" { abort }
    if .message == "none!" { . = [] } else if .message == "two!" { . = [., {"message": "second"}] }
    """
    scene = Scene(source).deliver(events("a", "drop", "two", "none", "b"))
    assert scene.sent == [["a!", "two!", "second", "b!"]]
    assert scene.counts == {"in": 5, "out": 3, "dropped": 2, "made": 4}
    assert (scene.delivery.progress.events, scene.delivery.progress.checkpoint) == (4, 1)


def test_a_ready_made_program_with_parameters_is_run():
    """Only what a tenant writes would be run, and deliveries with a program by name would fail each time."""
    scene = Scene(None)
    transform = Transform(program="add-fields", parameters={"fields": {"team": "a"}})
    config = scene.delivery.config.model_copy(update={"transform": transform})
    scene.delivery = Delivery(scene.delivery.object, config, scene.delivery.budget)
    assert [json.loads(each) for each in scene.deliver(events("x", "y")).sent[0]] == [
        {"message": "x", "team": "a"},
        {"message": "y", "team": "a"},
    ]


def test_more_than_fits_one_request_is_cut():
    """A request over the destination's limits would be refused for what the program made."""
    scene = Scene(". = [., ., .]").deliver(events("a", "b", "c"))
    assert [len(each) for each in scene.sent] == [4, 4, 1]
    assert scene.delivery.progress.checkpoint == 1


def test_a_batch_that_outgrows_one_call_of_a_planned_batch_is_cut():
    """PutLogEvents would refuse a call of 24 hours and more, and with it all of the batch."""
    hours = """
    seconds = to_unix_timestamp(timestamp!(.timestamp))
    if .message == "late" { .timestamp = from_unix_timestamp!(seconds + 3600) }
    if .message == "early" { .timestamp = from_unix_timestamp!(seconds - 84600) }
    """
    scene = Scene(hours, model=ByTime).deliver(events("late", "early", "now"))
    assert scene.sent == [["early", "now"], ["late"]]
    for request in scene.requests:
        assert list(request.batch.timestamps) == sorted(request.batch.timestamps)


def test_a_time_too_far_away_stays_and_is_counted():
    """A program could date a log line to another month, or have the destination refuse it."""
    source = '.timestamp = t\'2020-01-01T00:00:00Z\'\nif .message == "b" { .timestamp = "nonsense" }'
    scene = Scene(source).deliver(events("a", "b"))
    assert [list(request.batch.timestamps) for request in scene.requests] == [[NOW_MS, NOW_MS + 1]]
    assert scene.counts == {"in": 2, "out": 2, "made": 2, "times_kept": 1}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('.message = {"b": 1, "a": [2]}', '{"a":[2],"b":1}'),
        (".message = 5", "5"),
        ('. = {"level": "info"}', '{"level":"info"}'),
        (".more = 1", "a"),
        (".message = encode_json(.)", '{"application":"etcd","cluster_id":"c-1","message":"a","pod_name":"etcd-0",'),
    ],
)
def test_what_is_no_text_is_delivered_as_json(source, text):
    """An object would be refused by the destination, or be lost."""
    ((message,),) = Scene(source).deliver(events("a")).sent
    assert message.startswith(text)


ERRORS = '.message = parse_json!(.message)\n.message = "parsed"'


def test_an_event_that_fails_is_passed_on_with_a_mark():
    """An error in a program would drop log lines."""
    scene = Scene(ERRORS).deliver(events("{}", "no json", "[]"))
    ((first, marked, last),) = scene.sent
    assert (first, last) == ("parsed", "parsed")
    assert json.loads(marked) == {"logrouter": FAILED, "message": "no json"}
    assert scene.counts == {"in": 3, "out": 3, "passed": 1, "made": 3}
    assert scene.kept.events == []


def test_an_event_that_fails_is_set_aside():
    """A line that wasn't redacted would be delivered all the same, though its tenant doesn't want that."""
    scene = Scene(ERRORS, on_error="set-aside").deliver(events("{}", "no json", "[]"))
    assert scene.sent == [["parsed", "parsed"]]
    assert scene.counts == {"in": 3, "out": 2, "set_aside": 1, "made": 2}
    assert scene.delivery.progress.set_aside == {FAILED: 1}
    assert scene.kept.events == [(0, FAILED, b'"no json"')]


@pytest.mark.parametrize("source", [". = 5", '. = "text"', ". = null", ". = [1]", ". = [{}, 1]"])
def test_a_result_that_is_no_event_is_an_error(source):
    """The engine's own way back turns such a result into an empty object: an event would be lost."""
    scene = Scene(source).deliver(events("a"))
    assert scene.counts["passed"] == 1
    assert json.loads(scene.sent[0][0])["message"] == "a"


@pytest.mark.parametrize("text", ["[", "{", r'{"message": "\ud800"}', "{}{}", "[1", '{"a"'])
def test_a_forged_result_is_an_error(text):
    """A program that has its own text returned as its result would fail its delivery each time, and not only itself."""
    output = application.read(events("a", "b"), "pass", text.encode() + b"\n" + b'{"message":"b"}')
    assert output.counts["passed"] == 1
    assert len(output.batch) == 2


def test_one_event_makes_at_most_a_thousand():
    """A program could make a million events of a line, in the memory of the function that serves everybody."""
    source = '. = map_values(split(string!(.message), ",")) -> |text| { {"message": text} }'
    scene = Scene(source, model=ByTime).deliver(events(",".join("x" * 1000), ",".join("x" * 1001)))
    assert scene.counts == {"in": 2, "out": 2, "made": 1001, "passed": 1}


def test_what_the_destination_refuses_is_set_aside_as_it_was_read():
    """The positions of what a program made mean nothing to the next attempt: it may have another program."""

    def judge(request):
        refused = [at for at, each in enumerate(request.batch.literals) if each == b'"second"']
        return Verdicts(refused=[Rejection("unmappable", refused)]) if refused else DELIVERED

    source = 'if .message == "drop" { abort }\nif .message == "two" { . = [., {"message": "second"}] }'
    scene = Scene(source, judge=judge).deliver(events("drop", "a", "two"))
    assert scene.kept.events == [(0, "unmappable", b'"two"')]
    assert scene.delivery.progress.set_aside == {"unmappable": 1}


def test_empty_events_are_left_out_after_the_program():
    """A line that the program emptied would be refused by CloudWatch, and one that it filled would be left out."""
    source = 'if .message == "" { .message = "filled" } else { .message = "" }'
    scene = Scene(source, model=ByTime).deliver(events("", "a", ""))
    assert scene.sent == [["filled", "filled"]]
    assert scene.delivery.progress.left_out == 1


def test_ids_say_which_output_of_which_record_an_event_is():
    """A receiver that recognises repetitions by the id would drop the second of two events made of one."""
    scene = Scene('if .message == "b" { . = [{"message": "b1"}, {"message": "b2"}] }').deliver(events("a", "b", "c"))
    ids = EventIds(scene.delivery.object)
    assert list(scene.requests[0].ids) == [ids.of(0, 0), ids.of(1, 0, 0), ids.of(1, 0, 1), ids.of(2, 0)]


def test_another_program_makes_another_request():
    """A receiver would take the request of a corrected program for one that it has had."""
    raw, one, other = (Scene(source).deliver(events("a")) for source in (None, ".a = 1", ".a = 2"))
    assert len({scene.requests[0].id for scene in (raw, one, other)}) == 3
    without = EventRequest(raw.delivery, raw.requests[0].batch).id
    assert raw.requests[0].id == without == Scene(None).deliver(events("a")).requests[0].id


def test_a_rest_is_sent_under_another_program_too():
    """What was settled by positions of the planned batch would be sent again, or never, after a change."""
    progress = DeliveryProgress(rests=(Rest(0, True, ((1, 3),)),))
    source = 'if .message == "c" { abort }\n.message = [., {"message": string!(.message) + "2"}]\n. = .message'
    scene = Scene(source, progress=progress).deliver(events("a", "b", "c", "d"))
    assert scene.sent == [["b", "b2"]]
    assert scene.counts == {"in": 2, "out": 1, "dropped": 1, "made": 2}
    assert progress.checkpoint == 1


def test_what_an_attempt_has_left_is_named_by_planned_positions():
    """The next attempt would send again what has arrived, or leave out what hasn't."""

    def judge(request):
        texts = [json.loads(each) for each in request.batch.literals]
        if "e" in texts:
            raise BlockedByCustomerError("denied")
        return DELIVERED

    scene = Scene('if .message == "a" { abort }', judge=judge)
    with pytest.raises(BlockedByCustomerError):
        scene.deliver(events("a", "b", "b", "b", "b", "e", "f"))
    assert scene.delivery.progress.rests == (Rest(0, True, ((5, 7),)),)
    assert scene.counts == {"in": 5, "out": 4, "dropped": 1, "made": 4}
    assert scene.delivery.progress.events == 4


def test_what_is_to_be_set_aside_of_a_sent_batch_is_counted():
    """Counts would say that a dropped event was delivered."""
    progress = DeliveryProgress(unkept=(Unkept(0, "unmappable", 1, 2),))
    scene = Scene('if .message == "a" { abort }', progress=progress).deliver(events("a", "b", "c"))
    assert scene.requests == []
    assert scene.counts == {"in": 3, "out": 2, "dropped": 1, "made": 2}
    assert (progress.events, progress.set_aside) == (1, {"unmappable": 1})


def test_a_killed_program_blocks_its_delivery_and_the_third_time_it_is_not_run(monkeypatch):
    """A program that aborts would cost its worker again with each object, for ever."""
    scene = Scene(".b = length(string!(.message) * 10000000000)")
    for attempt in range(MAX_KILLS):
        with pytest.raises(BlockedByCustomerError) as blocked:
            scene.deliver(events("a"))
        assert (blocked.value.reason, scene.kills.counts.total()) == (KILLED, attempt + 1)
    monkeypatch.setattr(programs, "host_sandbox", lambda: pytest.fail("it is run"))
    with pytest.raises(ConfigGoneError) as off:
        scene.deliver(events("a"))
    assert off.value.reason == SWITCHED_OFF
    assert scene.requests == []
    assert scene.delivery.progress.checkpoint == 0


@pytest.mark.parametrize(
    ("failure", "kind", "reason"),
    [
        (EngineMissingError(), RefusedError, "program-engine-missing"),
        (WorkerLostError("lost"), RetryableError, "program-worker-lost"),
        (TimeoutError(), OutOfTimeError, "out-of-time"),
        (ProgramKilledError("it took too long"), BlockedByCustomerError, KILLED),
    ],
)
def test_without_the_program_nothing_is_delivered(monkeypatch, failure, kind, reason):
    """Lines that their tenant wants redacted would be delivered raw because of an outage of ours."""

    def fail(*_):
        raise failure

    monkeypatch.setattr(programs, "host_sandbox", lambda: SimpleNamespace(run=fail))
    scene = Scene(".")
    with pytest.raises(kind) as error:
        scene.deliver(events("a"))
    assert error.value.reason == reason
    assert scene.requests == []
    assert scene.delivery.progress.checkpoint == 0


@pytest.mark.parametrize("source", [".a = now()", ".a = [", ".a = no_such()"])
def test_a_program_that_nobody_has_checked_is_not_run(source):
    """A config that was written into the table by other means would be delivered raw, or differently each time."""
    scene = Scene(source)
    with pytest.raises(BlockedByCustomerError) as error:
        scene.deliver(events("a"))
    assert error.value.reason == "program-refused"
    assert scene.requests == []


def test_a_lost_worker_is_replaced_within_the_attempt(monkeypatch):
    """A worker that was killed from outside would delay a delivery by a hand-over."""
    sandbox, failures = programs.host_sandbox(), [WorkerLostError("lost")]

    def run(*arguments):
        if failures:
            raise failures.pop()
        return sandbox.run(*arguments)

    monkeypatch.setattr(programs, "host_sandbox", lambda: SimpleNamespace(run=run))
    assert Scene(".").deliver(events("a")).sent == [["a"]]


def test_no_time_for_a_program_is_no_failure():
    """A program would be killed for the deadline of its function."""
    scene = Scene(".")
    delivery = scene.delivery
    scene.delivery = Delivery(delivery.object, delivery.config, TimeBudget.of_seconds(0.1), delivery.progress)
    with pytest.raises(OutOfTimeError):
        scene.deliver(events(*"abc"))
