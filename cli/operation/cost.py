"""What a tenant costs: its deliveries of the last day, extrapolated to a month, at ``runtime.costs``' list prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cli.operation.recent import DELIVERED, recent
from cli.operation.sources import Sources
from runtime.costs.assumptions import DAYS_A_MONTH, GIB, Assumptions
from runtime.costs.tenant import Delivered, Item, Usage, tenant_costs
from runtime.delivery_config.methods import find_config_models
from runtime.record_log.lines import RecordLine

DAY_SECONDS: Final = 86_400
STEPS_SECONDS: Final = (300, 600, 2_700, 10_800, 28_800, 43_200)
"""A day, if there is time for all of it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The usage is that of the ``seconds`` that were read, extrapolated to a month; so are the items' dollars."""

    tenant_id: str
    seconds: float
    usage: Usage
    items: Sequence[Item]


def cost(sources: Sources, tenant_id: str) -> Cost:
    """Read the tenant's records and price them.

    An object that nothing was delivered of isn't seen here: it costs its writing and its keeping.
    """
    read = recent(sources.records, sources.clock(), tenant_id=tenant_id, steps=STEPS_SECONDS)
    usage = _usage(read.lines, DAYS_A_MONTH * DAY_SECONDS / read.seconds)
    on_network = "OutsideAddresses" in sources.installation.outside
    return Cost(tenant_id, read.seconds, usage, tenant_costs(usage, on_network=on_network))


def _usage(records: Sequence[RecordLine], times: float) -> Usage:
    delivered = [each for each in records if each.fields["Outcome"] == DELIVERED]
    by_method: dict[str, list[RecordLine]] = {}
    for each in delivered:
        by_method.setdefault(str(each.fields["Method"]), []).append(each)
    written: dict[str, float] = {}
    for each in sorted(delivered, key=_counts_lines):  # what counts lines is exact, and comes last
        written[str(each.fields["object"])] = _bytes(each)
    return Usage(
        objects=len({each.fields["object"] for each in records}) * times,
        gib=sum(written.values()) / GIB * times,
        delivered={
            method: Delivered(
                objects=len(lines) * times,
                gib=sum(map(_bytes, lines)) / GIB * times,
                events=sum(each.count("Events") for each in lines) * times,
                program_cpu_s=sum(_of_program(each, "cpu_us") for each in lines) / 1e6 * times,
                program_events=sum(_of_program(each, "in") for each in lines) * times,
            )
            for method, lines in by_method.items()
        },
        outcomes=len({each.fields["Outcome"] for each in records}),
    )


def _counts_lines(record: RecordLine) -> bool:
    """Return whether the method reads events, so that its records count bytes of lines, not of objects."""
    model = find_config_models().get(str(record.fields["Method"]))
    return model is None or model.facts.reads_events


def _of_program(record: RecordLine, name: str) -> float:
    """Return a count of the delivery's program, 0 without one."""
    program = record.fields.get("program")
    value = program.get(name) if isinstance(program, dict) else None
    return value if isinstance(value, int | float) else 0


def _bytes(record: RecordLine) -> float:
    """Return the bytes of a delivery's lines, uncompressed."""
    return record.count("Bytes") * (1.0 if _counts_lines(record) else Assumptions().compression)
