"""Finds a method's stand-in: by an entry point of the group ``logrouter.conformance``, or as ``module:Class``."""

from runtime.conformance import ENTRY_POINT_GROUP
from runtime.conformance.stand_in import StandIn
from runtime.entry_points import EntryPoint, entry_points


class UnknownStandInError(LookupError):
    """There is no stand-in of that name."""


def find_stand_in(name: str) -> type[StandIn]:
    """Load a stand-in.

    :raises UnknownStandInError: nothing of that name is installed.
    """
    points = {point.name: point for point in entry_points(ENTRY_POINT_GROUP)}
    point = EntryPoint(name, name) if ":" in name else points.get(name)
    if point is None:
        raise UnknownStandInError(
            f"no stand-in {name!r} is installed: there are {', '.join(sorted(points))}; "
            f"add an entry point to the group {ENTRY_POINT_GROUP!r}, or name it as module:Class"
        )
    loaded: type[StandIn] = point.load()
    return loaded
