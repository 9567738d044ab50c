"""What starts a function: its queues and streams, and its schedule; taken away for a while, and given back."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.waiting import wait_until
from tests.faults.tenants import Place

SWITCH_SECONDS = 30.0


@contextmanager
def nothing_starts(place: Place, name: str) -> Iterator[None]:
    """Let nothing start a function meanwhile."""
    _switch(place, name, on=False)
    try:
        yield
    finally:
        _switch(place, name, on=True)


def _switch(place: Place, name: str, *, on: bool) -> None:
    function, events = place.central("lambda"), place.central("events")
    arn = function.get_function_configuration(FunctionName=name)["FunctionArn"]
    for rule in events.list_rule_names_by_target(TargetArn=arn)["RuleNames"]:
        (events.enable_rule if on else events.disable_rule)(Name=rule)
    mappings = [one["UUID"] for one in function.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]]
    for uuid in mappings:
        function.update_event_source_mapping(UUID=uuid, Enabled=on)
    wanted = "Enabled" if on else "Disabled"
    wait_until(
        lambda: all(function.get_event_source_mapping(UUID=uuid)["State"] == wanted for uuid in mappings),
        what=f"what starts {name} to be {wanted}",
        timeout_seconds=SWITCH_SECONDS,
    )
