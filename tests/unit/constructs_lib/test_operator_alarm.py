import pytest

from constructs_lib.alarm_topics import AlarmTopics, Severity
from constructs_lib.limits import PropertyError
from constructs_lib.operator_alarm import OperatorAlarm, Trigger
from constructs_lib.watched_metric import watched
from runtime.metrics.catalogue import SET_ASIDE_EVENTS


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"description": "something"}, "must be sentences"),
        ({"runbook": "docs/operations.md"}, "a document and its section"),
        ({"description": "x" * 1024 + "."}, "the description's length"),
    ],
)
def test_an_alarm_that_tells_nothing_is_refused(stack, changes, message):
    """Whoever is woken would have to guess."""
    given = {"title": "It", "description": "Something is wrong.", "runbook": "docs/operations.md#it", **changes}
    with pytest.raises(PropertyError, match=message):
        OperatorAlarm(
            stack, "Alarm", metric=watched(SET_ASIDE_EVENTS), trigger=Trigger(at_least=1), severity=Severity.PAGE,
            topics=AlarmTopics(stack, "Topics"), **given,
        )  # fmt: skip


def test_more_datapoints_than_periods_are_refused():
    """CloudWatch would refuse the template minutes later."""
    with pytest.raises(PropertyError, match="datapoints"):
        Trigger(at_least=1, datapoints=3, periods=2)
