"""Every invocation is counted in CloudWatch (Lambda developer guide, "Types of metrics for Lambda functions").

The emulator counts those that somebody calls for, not those that an event source, a rule or a stream starts.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

COUNT = Target(
    "ministack.services.lambda_svc", "_emit_lambda_metrics", ("function_name", "duration_ms", "error", "throttle")
)
LOG = Target(
    "ministack.services.lambda_svc",
    "_emit_lambda_logs",
    ("func", "request_id", "log_text", "error", "duration_ms", "log_source"),
)
RECORD = Target(
    "ministack.services.cloudwatch", "record_metric", ("namespace", "metric_name", "value", "unit", "dimensions")
)


def apply() -> None:
    """Count where each invocation's log is written, and by the emulator's own way only what was throttled."""
    RECORD.resolve()
    wrap(COUNT, _throttles_alone)
    wrap(LOG, _counting)


def _throttles_alone(original: Function) -> Function:
    def _emit_lambda_metrics(function_name: str, duration_ms: float, error: bool, throttle: bool) -> Any:  # noqa: FBT001 - the emulator's own
        return original(function_name, duration_ms, error, throttle) if throttle else None

    return _emit_lambda_metrics


def _counting(original: Function) -> Function:
    def _emit_lambda_logs(  # noqa: PLR0917 - the emulator's own
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,  # noqa: FBT001 - the emulator's own
        duration_ms: int,
        log_source: str | None = None,
    ) -> Any:
        name = (func.get("config") or func).get("FunctionName", "unknown")
        values = {"Invocations": (1, "Count"), "Errors": (int(error), "Count"), "Throttles": (0, "Count")}
        for metric, (value, unit) in {**values, "Duration": (duration_ms, "Milliseconds")}.items():
            emulator("services.cloudwatch").record_metric("AWS/Lambda", metric, value, unit, {"FunctionName": name})
        return original(func, request_id, log_text, error, duration_ms, log_source=log_source)

    return _emit_lambda_logs
