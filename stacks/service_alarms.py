"""Alarms on AWS's own metrics: functions, tables, the API."""

from typing import Final, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.operator_alarm import Severity, Trigger
from stacks.monitoring_settings import AlarmThresholds
from stacks.watched_path import WatchedPath, of_function, of_table, timeout_of

PAGE, TICKET = Severity.PAGE, Severity.TICKET
LASTING: Final = 3
"""Periods of five minutes: what passes by itself within them needs nobody."""


class AddAlarm(Protocol):
    """Adds one alarm to the Region's; parameters as of ``Alarms``."""

    def __call__(
        self, name: str, metric: cloudwatch.IMetric, trigger: Trigger, severity: Severity, text: str, *, of: str = ""
    ) -> None:
        """Add it."""


def add_service_alarms(add: AddAlarm, path: WatchedPath, limits: AlarmThresholds) -> None:
    """Add the alarms of the path's functions, tables and API."""
    _functions(add, path, limits)
    _tables(add, path, limits)
    _api(add, path, limits)


def lasting(at_least: float) -> Trigger:
    """Return a trigger for what is wrong only if it stays."""
    return Trigger(at_least=at_least, datapoints=LASTING, periods=LASTING)


def _functions(add: AddAlarm, path: WatchedPath, limits: AlarmThresholds) -> None:
    for name, function in path.functions.items():
        timeout = timeout_of(function)
        near = (timeout.to_seconds() - limits.function_margin.to_seconds()) * 1000
        of = f"-{name}"
        add(
            "FunctionErrors",
            of_function(function, "Errors", "Sum"),
            Trigger(at_least=limits.function_errors, datapoints=2, periods=3),
            PAGE,
            f"Invocations of function {name} fail: timeout, out of memory, or failed start. Check its log; roll "
            "back after a deployment.",
            of=of,
        )
        add(
            "FunctionThrottles",
            of_function(function, "Throttles", "Sum"),
            lasting(limits.function_throttles),
            TICKET,
            f"Function {name} is throttled: the account has no concurrency left. Raise the quota or reserve "
            "concurrency.",
            of=of,
        )
        add(
            "FunctionDuration",
            of_function(function, "Duration", "Maximum"),
            Trigger(at_least=near, datapoints=2, periods=3),
            TICKET,
            f"Invocations of function {name} run close to their timeout of {timeout.to_human_string()}. Check for "
            "hanging destinations.",
            of=of,
        )


def _tables(add: AddAlarm, path: WatchedPath, limits: AlarmThresholds) -> None:
    for name, table in path.tables.items():
        for what in ("Read", "Write"):
            add(
                "TableThrottles",
                of_table(table, f"{what}ThrottleEvents"),
                lasting(limits.table_throttles),
                TICKET,
                f"DynamoDB has throttled {what.lower()}s of table {name} for 15 minutes. Look for one busy tenant.",
                of=f"-{name}-{what}",
            )


def _api(add: AddAlarm, path: WatchedPath, limits: AlarmThresholds) -> None:
    add(
        "ApiErrors",
        path.api_metric("5XXError", "Sum"),
        Trigger(at_least=limits.api_errors),
        PAGE,
        "The API answers with 5xx; delivery configs can't be changed. Check its log; deliveries go on.",
    )
    add(
        "ApiLatency",
        path.api_metric("Latency", "p99"),
        lasting(limits.api_latency.to_milliseconds()),
        TICKET,
        f"The API's p99 latency is {limits.api_latency.to_human_string()} or more. Check for cold starts.",
    )
