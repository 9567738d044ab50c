"""Puts the proxy in the deployed function's way, and makes its times short, so that faults are soon over."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from local.faults.tenants import Place
from local.waiting import wait_until

FUNCTION_SECONDS: Final = 5
VISIBILITY_SECONDS: Final = 30
MESSAGES_AN_INVOCATION: Final = 4
"""One for each of the function's threads: with five seconds there is no time for a second round."""

INVOCATIONS: Final = 3
"""Of each queue at once: two cores run everything, the emulator included."""

HOURS_OF_THE_SCHEDULE: Final = 24
INITIALISED: Final = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
"""As Lambda sets it, and the emulator doesn't: everything is loaded while the environment starts, off the timeout."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the run's time passes.

    :param hour_seconds: what an hour of the delivery schedule takes: the schedule and its delays shrink together.
    """

    hour_seconds: float = 36.0

    @property
    def schedule_seconds(self) -> float:
        """From a delivery's first attempt until it is parked."""
        return HOURS_OF_THE_SCHEDULE * self.hour_seconds


@contextmanager
def short_timeouts(place: Place, proxy_url: str, pace: Pace) -> Iterator[None]:
    """Deploy the function with the proxy as its endpoint; afterwards everything is as it was."""
    function = place.central("lambda")
    name = place.environment.processor_function_name
    before = function.get_function_configuration(FunctionName=name)
    variables = before["Environment"]["Variables"]
    urls = (place.environment.object_queue_url, place.environment.delivery_queue_url)
    hidden = {url: _visibility(place, url) for url in urls}
    mappings = function.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    resumer = place.outputs["ResumptionFunctionName"]
    resumers = function.get_function_configuration(FunctionName=resumer)
    try:
        _configure(place, resumer, resumers["Timeout"], {**resumers["Environment"]["Variables"], **_schedule(pace)})
        for mapping in mappings:
            _read(place, mapping, MESSAGES_AN_INVOCATION, INVOCATIONS)
        _configure(place, name, FUNCTION_SECONDS, {**variables, **proxied(proxy_url, pace), **INITIALISED})
        for url in urls:
            _hide(place, url, VISIBILITY_SECONDS)
        yield
    finally:
        for mapping in mappings:
            _read(place, mapping, mapping["BatchSize"], mapping["ScalingConfig"]["MaximumConcurrency"])
        _configure(place, name, before["Timeout"], variables)
        _configure(place, resumer, resumers["Timeout"], resumers["Environment"]["Variables"])
        for url, seconds in hidden.items():
            _hide(place, url, seconds)


def _read(place: Place, mapping: dict[str, Any], messages: int, invocations: int) -> None:
    place.central("lambda").update_event_source_mapping(
        UUID=mapping["UUID"], BatchSize=messages, ScalingConfig={"MaximumConcurrency": invocations}
    )


def proxied(proxy_url: str, pace: Pace) -> dict[str, str]:
    """Give what a host's environment has more than the deployed one's."""
    return {
        "AWS_ENDPOINT_URL": proxy_url,
        **_schedule(pace),
        # A config that is changed counts at once, and every object asks for it: calls that faults can meet.
        "CONFIG_CACHE_SECONDS": "0",
    }


def _schedule(pace: Pace) -> dict[str, str]:
    return {"DELIVERY_SCHEDULE_SECONDS": str(pace.schedule_seconds)}


def _configure(place: Place, name: str, timeout: int, variables: dict[str, str]) -> None:
    function = place.central("lambda")
    function.update_function_configuration(FunctionName=name, Timeout=timeout, Environment={"Variables": variables})

    def ready() -> bool:
        found: Any = function.get_function_configuration(FunctionName=name)
        return bool(found.get("LastUpdateStatus", "Successful") == "Successful")

    wait_until(ready, what="the function's update", timeout_seconds=30)


def _visibility(place: Place, url: str) -> int:
    sqs, name = place.central("sqs"), "VisibilityTimeout"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def _hide(place: Place, url: str, seconds: int) -> None:
    place.central("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
