"""Puts the proxy in the deployed function's way, and makes its times short, so that faults are soon over."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from local.waiting import wait_until
from tests.faults.ledger import FUNCTION, ISSUER, OUTSIDE, RECONCILER, RESUMER, WATCH
from tests.faults.tenants import Place

FUNCTION_SECONDS: Final = 5
OUTSIDE_SECONDS: Final = 10
"""More than the processor's: a message begins with the session issuer, another function, which may have to start."""
VISIBILITY_SECONDS: Final = 60
"""Longer than a message waits on a busy machine for an invocation that has received it: it would come twice."""
MESSAGES_AN_INVOCATION: Final = 4
"""One for each of the function's threads: with five seconds there is no time for a second round."""

INVOCATIONS: Final = 3
"""Of each queue at once: two cores run everything, the emulator included."""

HOURS_OF_THE_SCHEDULE: Final = 24
INITIALISED: Final = {"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
"""As Lambda sets it, and the emulator doesn't: everything is loaded while the environment starts, off the timeout."""


@dataclass(frozen=True, slots=True)
class TimeScale:
    """How fast the run's time passes.

    :param hour_seconds: what an hour of the delivery schedule takes: the schedule and its delays shrink together.
    """

    hour_seconds: float = 36.0

    @property
    def schedule_seconds(self) -> float:
        """From a delivery's first attempt until it is parked."""
        return HOURS_OF_THE_SCHEDULE * self.hour_seconds


@contextmanager
def short_timeouts(place: Place, proxy_urls: Mapping[str, str], scale: TimeScale) -> Iterator[None]:
    """Deploy the functions with proxies as endpoints, the processor's times short; afterwards all is as it was."""
    function, outputs = place.central("lambda"), place.outputs
    environment = place.environment
    name, outside = environment.processor_function_name, outputs["OutsideFunctionName"]
    urls = (environment.object_queue_url, environment.delivery_queue_url, environment.outside_queue_url)
    mappings = [
        mapping
        for one in (name, outside)
        for mapping in function.list_event_source_mappings(FunctionName=one)["EventSourceMappings"]
    ]
    with ExitStack() as stack:
        for host, more in ((RESUMER, _schedule(scale)), (RECONCILER, {}), (WATCH, {}), (ISSUER, {})):
            changed = {"AWS_ENDPOINT_URL": proxy_urls[host], **more}
            stack.enter_context(_configured(place, outputs[FUNCTIONS[host]], changed))
        for mapping in mappings:
            usual = mapping["BatchSize"], mapping["ScalingConfig"]["MaximumConcurrency"]
            stack.callback(_read, place, mapping, *usual)
            _read(place, mapping, MESSAGES_AN_INVOCATION, INVOCATIONS)
        for host, its_name, seconds in ((FUNCTION, name, FUNCTION_SECONDS), (OUTSIDE, outside, OUTSIDE_SECONDS)):
            changed = {**proxied(proxy_urls[host], scale), **INITIALISED}
            stack.enter_context(_configured(place, its_name, changed, timeout=seconds))
        for url in urls:
            stack.callback(_hide, place, url, _visibility(place, url))
            _hide(place, url, VISIBILITY_SECONDS)
        yield


FUNCTIONS: Final = {
    RESUMER: "ResumptionFunctionName",
    RECONCILER: "ReconciliationFunctionName",
    WATCH: "DestinationWatchFunctionName",
    ISSUER: "SessionIssuerFunctionName",
}
"""The stacks' outputs that name the functions beside the processor."""


@contextmanager
def _configured(place: Place, name: str, more: dict[str, str], *, timeout: int | None = None) -> Iterator[None]:
    before = place.central("lambda").get_function_configuration(FunctionName=name)
    variables = before["Environment"]["Variables"]
    _configure(place, name, timeout or before["Timeout"], {**variables, **more})
    try:
        yield
    finally:
        _configure(place, name, before["Timeout"], variables)


def _read(place: Place, mapping: dict[str, Any], messages: int, invocations: int) -> None:
    place.central("lambda").update_event_source_mapping(
        UUID=mapping["UUID"], BatchSize=messages, ScalingConfig={"MaximumConcurrency": invocations}
    )


def proxied(proxy_url: str, scale: TimeScale) -> dict[str, str]:
    """Return what a host's environment has more than the deployed one's."""
    return {
        "AWS_ENDPOINT_URL": proxy_url,
        **_schedule(scale),
        # A config that is changed counts at once, and every object asks for it: calls that faults can meet.
        "CONFIG_CACHE_SECONDS": "0",
    }


def _schedule(scale: TimeScale) -> dict[str, str]:
    return {"DELIVERY_SCHEDULE_SECONDS": str(scale.schedule_seconds)}


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
