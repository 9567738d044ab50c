"""Dead letters without a reason go back by themselves, ever later; those with one stay."""

import pytest

from runtime.replay.redrive import DeadLetter
from runtime.resumption.dead_letters import MOST_REDRIVES, REDRIVE_DELAYS, DeadLetterRedrive
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import aws
from tests.unit.runtime.processor.world import World, notification


class Queues:
    """Two queues with their dead-letter queues, and a clock that is turned."""

    def __init__(self, clients):
        self.world = World(clients)
        self.now = None
        urls = self.world.queues
        pairs = ((urls["objects-dlq"], urls["objects"]), (urls["deliveries-dlq"], urls["deliveries"]))
        self.redrive = DeadLetterRedrive(clients, pairs, 1000.0, clock=lambda: self.now, wait=lambda _: None)

    def put(self, queue, body, **attributes):
        """Send a dead letter; attributes by name."""
        given = {name: {"DataType": "String", "StringValue": str(value)} for name, value in attributes.items()}
        url = self.world.queues[queue]
        self.world.plain("sqs").send_message(QueueUrl=url, MessageBody=body, MessageAttributes=given)

    def letters(self, queue):
        """Return what lies in a queue, and leave it there."""
        found = self.world.plain("sqs").receive_message(
            QueueUrl=self.world.queues[queue],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        )
        return [DeadLetter.read(message) for message in found.get("Messages", [])]

    def run(self, after):
        """Let it work, so many seconds after the newest message was sent."""
        letters = [letter for queue in self.world.queues for letter in self.letters(queue)]
        self.now = max(letter.sent_at for letter in letters) + after
        return self.redrive.run(TimeBudget.of_seconds(3600))


@pytest.fixture
def queues(monkeypatch):
    monkeypatch.setattr("runtime.replay.redrive.WAIT_SECONDS", 0)
    with aws(monkeypatch) as clients:
        yield Queues(clients)


def test_an_outages_dead_letters_heal_without_a_person(queues):
    """Somebody would have to be woken for what nothing is wrong with any longer."""
    queues.put("objects-dlq", notification())
    queues.put("deliveries-dlq", "a delivery")
    assert queues.run(after=600) == 2
    assert [letter.body for letter in queues.letters("objects")] == [notification()]
    assert [letter.body for letter in queues.letters("deliveries")] == ["a delivery"]
    assert queues.letters("objects-dlq") == queues.letters("deliveries-dlq") == []


def test_what_has_a_reason_stays_to_be_seen(queues):
    """A corrupt object would go round and round, and the alarm be cleared though nobody has looked."""
    queues.put("objects-dlq", "corrupt", reason="not-gzip")
    assert queues.run(after=86_400) == 0
    assert [letter.reason for letter in queues.letters("objects-dlq")] == ["not-gzip"]


@pytest.mark.parametrize(("redrives", "delay"), [(0, 600), (1, 1200), (2, 2400), (30, 6 * 3600)])
def test_each_redrive_comes_later_than_the_one_before(queues, redrives, delay):
    """What crashes the processor at each receive would crash it without a pause."""
    queues.put("objects-dlq", "again", redrives=redrives)
    assert queues.run(after=delay - 1) == 0
    assert queues.run(after=delay) == 1
    assert [letter.redrives for letter in queues.letters("objects")] == [redrives + 1]


def test_what_never_heals_is_left_for_a_person(queues):
    """A poisoned message would be received for ever."""
    queues.put("objects-dlq", "poison", redrives=MOST_REDRIVES)
    assert queues.run(after=30 * 86_400) == 0
    assert sum(REDRIVE_DELAYS.bound(n + 1) for n in range(MOST_REDRIVES)) > 7 * 86_400  # a queue's retention


def test_a_forged_count_is_no_count(queues):
    """A count that isn't a number would end the run for all that lies behind it."""
    queues.put("objects-dlq", "odd", redrives="-1e9x")
    queues.put("objects-dlq", "usual")
    assert queues.run(after=600) == 2


def test_a_spent_budget_leaves_the_rest_visible(queues):
    """Dead letters would be hidden when a person looks for them."""
    queues.put("objects-dlq", "usual")
    queues.now = queues.letters("objects-dlq")[0].sent_at + 600
    assert queues.redrive.run(TimeBudget.of_seconds(0)) == 0
    assert len(queues.letters("objects-dlq")) == 1
