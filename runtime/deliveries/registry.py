"""Finds the delivery methods: entry points of a group for each placement, built-in ones included."""

from collections.abc import Mapping
from typing import Any, Final, cast

from runtime.deliveries.method import (
    ENTRY_POINT_GROUP,
    OUTSIDE_ENTRY_POINT_GROUP,
    SEAM_VERSION,
    DeliveryMethod,
    DeliveryServices,
)
from runtime.delivery_config.facts import Placement
from runtime.entry_points import EntryPoint, entry_points

GROUPS: Final = {Placement.INSIDE: ENTRY_POINT_GROUP, Placement.OUTSIDE: OUTSIDE_ENTRY_POINT_GROUP}


class DeliveryMethodsError(RuntimeError):
    """The installed delivery methods can't be used: none is installed, two share a name, or one doesn't fit."""


def find_methods(*placements: Placement) -> dict[str, Any]:
    """Load the installed methods' classes by name. :param placements: of these; of all, where none is named.

    :raises DeliveryMethodsError: at start-up, so that no message is taken that couldn't be delivered.
    """
    wanted = placements or tuple(Placement)
    found = [(placement, point) for placement in wanted for point in entry_points(GROUPS[placement])]
    if not found:
        groups = " and ".join(repr(GROUPS[placement]) for placement in wanted)
        raise DeliveryMethodsError(
            f"no delivery method is installed: the entry points of {groups} come with the project's own "
            "distribution; install it (pip install --no-deps .), or keep its dist-info beside the code"
        )
    methods: dict[str, Any] = {}
    for placement, entry_point in found:
        class_ = _load(entry_point)
        if entry_point.name in methods and methods[entry_point.name] is not class_:
            raise DeliveryMethodsError(f"two delivery methods are named {entry_point.name!r}: uninstall one of them")
        _check(entry_point, class_, placement)
        methods[entry_point.name] = class_
    return methods


def outside_methods() -> frozenset[str]:
    """Return the names of the methods that deliver outside, without loading them."""
    return frozenset(point.name for point in entry_points(OUTSIDE_ENTRY_POINT_GROUP))


def make_methods(classes: Mapping[str, Any], services: DeliveryServices) -> dict[str, DeliveryMethod]:
    """Construct each method, once a process."""
    return {name: cast("DeliveryMethod", class_(services)) for name, class_ in classes.items()}


def _check(entry_point: EntryPoint, class_: object, placement: Placement) -> None:
    """Refuse a method for another seam (one that states none is for the first), or in the other placement's group."""
    seam = getattr(class_, "seam", 1)
    if seam != SEAM_VERSION:
        raise DeliveryMethodsError(
            f"delivery method {entry_point.name!r} ({entry_point.value}) is made for seam version {seam}, and this is "
            f"version {SEAM_VERSION}: install a version of it that says seam = {SEAM_VERSION}, or uninstall it"
        )
    facts = getattr(getattr(class_, "config_model", None), "facts", None)
    if facts is None or facts.name != entry_point.name:
        raise DeliveryMethodsError(
            f"delivery method {entry_point.name!r} ({entry_point.value}) has no config_model with facts of that name"
        )
    if facts.placement is not placement:
        raise DeliveryMethodsError(
            f"delivery method {entry_point.name!r} ({entry_point.value}) delivers {facts.placement}: its entry point "
            f"belongs in the group {GROUPS[facts.placement]!r}"
        )


def _load(entry_point: EntryPoint) -> Any:
    try:
        return entry_point.load()
    except Exception as error:
        raise DeliveryMethodsError(
            f"delivery method {entry_point.name!r} ({entry_point.value}) can't be loaded: {error}"
        ) from error
