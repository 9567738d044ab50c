"""Deployed alarms look at what the deployed system emits: the same names and dimensions, filled in."""

import json
import time
from dataclasses import replace

from tests.e2e.traffic import until
from tests.unit.stacks.alarm_state import PERIOD, Datum, state


def deployed(cloud, name):
    """Return the one alarm whose name in its stack begins so, as CloudWatch describes it."""
    alarms = cloud.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
    (found,) = [alarm for alarm in alarms if f"-Alarms{name}Alarm" in alarm["AlarmName"]]
    return found


def recorded(cloud, alarm, since):
    """Return what CloudWatch has of the alarm's own metric since then (epoch s), second by second."""
    metric = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions")}
    query = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 1, "Stat": alarm["Statistic"]}}
    (result,) = cloud.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=since, EndTime=time.time() + 1
    )["MetricDataResults"]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    times = [at.timestamp() for at in result["Timestamps"]]
    return [
        Datum(alarm["Namespace"], alarm["MetricName"], value, at, dimensions)
        for at, value in sorted(zip(times, result["Values"], strict=True))
    ]


def judged(alarm, data):
    """Return the alarm's state after as many periods of these data as it looks at."""
    begin = time.time() // PERIOD * PERIOD
    periods = alarm["EvaluationPeriods"]
    shifted = [replace(one, at=begin + number * PERIOD) for number in range(periods) for one in data]
    return state(alarm, shifted, begin + periods * PERIOD)


def test_a_dead_letter_sets_off_its_alarm_and_clears_it_when_it_is_gone(cloud):
    """The deployed alarm would look at another queue, or at a metric that the queue doesn't have."""
    alarm, sqs = deployed(cloud, "ObjectDlqNotEmpty"), cloud.client("sqs")
    dlq = cloud.environment.object_dlq_url
    sqs.purge_queue(QueueUrl=dlq)
    begun = time.time()
    sqs.send_message(QueueUrl=cloud.environment.object_queue_url, MessageBody=json.dumps({"nobody": "knows"}))
    bad = until(lambda: [one for one in recorded(cloud, alarm, begun) if one.value], "a dead letter in CloudWatch")
    assert judged(alarm, bad) == "ALARM"
    sqs.purge_queue(QueueUrl=dlq)
    good = until(
        lambda: [one for one in recorded(cloud, alarm, bad[-1].at + 1) if not one.value], "an empty queue in CloudWatch"
    )
    assert judged(alarm, good) == "OK"


def test_a_function_that_fails_sets_off_its_alarm(cloud):
    """The deployed alarm would look at another function."""
    alarm, begun = deployed(cloud, "FunctionErrorsapi"), time.time()
    function = cloud.outputs["ApiFunctionName"]
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=b'{"no": "request"}')
    assert "FunctionError" in answer
    bad = until(lambda: [one for one in recorded(cloud, alarm, begun - 1) if one.value], "the error in CloudWatch")
    assert judged(alarm, bad) == "ALARM"
    assert judged(alarm, [replace(one, value=0.0) for one in bad]) == "OK"


def test_the_watch_tells_cloudwatch_what_it_sees(cloud):
    """The alarms of freshness and silence would have no value: the role, the line or the name doesn't fit."""
    begun = time.time()
    answer = cloud.client("lambda").invoke(FunctionName=cloud.outputs["DestinationWatchFunctionName"], Payload=b"{}")
    seen = json.loads(answer["Payload"].read())
    for name, kind in (("LateDestinations", "late"), ("SilentTenants", "silent")):
        alarm = deployed(cloud, name)
        found = until(lambda alarm=alarm: recorded(cloud, alarm, begun - 1), f"{name} in CloudWatch")
        assert found[-1].value == seen[kind]
