"""A stage's settings for its monitoring: thresholds with their reasons, who is notified, what an audit keeps."""

from dataclasses import dataclass, field
from typing import Final

from aws_cdk import Duration

from constructs_lib.destination_watch import DestinationLimits
from constructs_lib.limits import require, require_between, require_longer

_OBJECT_QUEUE_AGE: Final = Duration.minutes(10)
_DELIVERY_QUEUE_AGE: Final = Duration.hours(2)
_ALERT_QUEUE_AGE: Final = Duration.minutes(5)
_RECONCILIATION_LAG: Final = Duration.hours(24)
_LONGEST_DELAY: Final = Duration.hours(1)
_MARGIN: Final = Duration.seconds(2)
_API_LATENCY: Final = Duration.seconds(3)
_AUDIT_KEPT: Final = Duration.days(400)


@dataclass(frozen=True, kw_only=True)
class AlarmThresholds:
    """The values from which an alarm goes off. What must never happen (a dead letter, a discarded event) has none.

    :param object_queue_age: of the oldest notification. An object is read within seconds; ten minutes of waiting are
        more than the whole way may take (2-5 minutes, most of it the agent's batch).
    :param delivery_queue_age: of the oldest delivery message. One may be due an hour after it was sent, and its age
        counts from then: two hours mean that nobody reads.
    :param alert_queue_age: of the oldest copy of a marked line. One is evaluated within seconds; what failed comes
        again after six minutes, so that five mean two failures, or that nobody reads.
    :param reconciliation_lag: how old the newest hour is that was compared. Some ten hours are usual: six between runs,
        and the hours that are too young.
    :param function_margin: an invocation that ends this close to its timeout wasn't ended by its own time budget, which
        keeps ten seconds (a fifth, where the timeout is short).
    :param function_throttles: in five minutes. The event sources stay below their own limit, so these come from the
        account's concurrency: a few pass, many in a row hold messages up.
    :param function_errors: in five minutes. The handlers raise nothing; what is left is a timeout, no memory, no start.
    :param circuit_refusals: deliveries in five minutes that weren't tried since their destination fails. One is enough:
        the circuit opens after five failures in a row.
    :param set_aside_events: in five minutes. One means that a customer misses an event in CloudWatch Logs.
    :param table_throttles: in five minutes, reads or writes. On-demand tables throttle while they grow; after fifteen
        minutes it is a hot partition.
    :param api_errors: 5xx answers in five minutes. One may be a restart; five are no accident.
    :param api_latency: p99. A call takes some 20 ms, a cold start a second or two.
    :param buffer_share: of the agent's disk buffer (``buffer_bytes``, as its configuration has it). At the half it has
        been behind for a while, and as much time is left.
    :param cluster_silence_periods: of five minutes, without an event from a whole cluster. Its agents send a batch
        every five minutes at the latest.
    """

    object_queue_age: Duration = _OBJECT_QUEUE_AGE
    alert_queue_age: Duration = _ALERT_QUEUE_AGE
    reconciliation_lag: Duration = _RECONCILIATION_LAG
    delivery_queue_age: Duration = _DELIVERY_QUEUE_AGE
    function_margin: Duration = _MARGIN
    function_throttles: int = 10
    function_errors: int = 1
    circuit_refusals: int = 1
    set_aside_events: int = 1
    table_throttles: int = 1
    api_errors: int = 5
    api_latency: Duration = _API_LATENCY
    buffer_bytes: int = 10 * 1024**3
    buffer_share: float = 0.5
    cluster_silence_periods: int = 4

    def __post_init__(self) -> None:
        """Refuse what would ring without a reason, or never."""
        require_longer(
            ("delivery_queue_age", self.delivery_queue_age),
            ("the longest delay of a delivery message", _LONGEST_DELAY),
            "a delivery that waits for its time would set it off",
        )
        require_between("buffer_share", self.buffer_share, 0.05, 0.95)
        require_between("cluster_silence_periods", self.cluster_silence_periods, 2, 24)
        require(holds=self.function_margin.to_seconds() < 10, constraint="function_margin must be below 10 s")  # noqa: PLR2004 - as the text


@dataclass(frozen=True, kw_only=True)
class MonitoringSettings:
    """How a stage is monitored.

    :param pages: who is notified at once, by e-mail address or https URL. :param tickets: the same for what can wait.
    :param runbooks: where the runbooks of the alarms are: a URL, or the path in the repository.
    :param traced_share: of the invocations and API calls that X-Ray records, 0 for none at all.
    :param audit_trail: a CloudTrail trail for role assumptions and the central bucket's data events.
    """

    thresholds: AlarmThresholds = field(default_factory=AlarmThresholds)
    destinations: DestinationLimits = field(default_factory=DestinationLimits)
    pages: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    runbooks: str = "docs/operations.md"
    traced_share: float = 0.0
    audit_trail: bool = False
    audit_kept: Duration = _AUDIT_KEPT

    def __post_init__(self) -> None:
        """Refuse a share that is none."""
        require_between("traced_share", self.traced_share, 0.0, 1.0)
