"""Finds the delivery methods: entry points of the group ``logrouter.delivery_methods``, built-in ones included."""

from collections.abc import Mapping
from typing import Any, cast

from runtime.deliveries.method import ENTRY_POINT_GROUP, DeliveryMethod, DeliveryServices
from runtime.entry_points import EntryPoint, entry_points


class DeliveryMethodsError(RuntimeError):
    """The installed delivery methods can't be used: none is installed, one is broken, or two share a name."""


def find_methods() -> dict[str, Any]:
    """Load the installed methods' classes by name.

    :raises DeliveryMethodsError: at start-up, so that no message is taken that couldn't be delivered.
    """
    found = entry_points(ENTRY_POINT_GROUP)
    if not found:
        raise DeliveryMethodsError(
            f"no delivery method is installed: the entry points of {ENTRY_POINT_GROUP!r} come with the project's own "
            "distribution; install it (pip install --no-deps .), or keep its dist-info beside the code"
        )
    methods: dict[str, Any] = {}
    for entry_point in found:
        if entry_point.name in methods and methods[entry_point.name] is not _load(entry_point):
            raise DeliveryMethodsError(f"two delivery methods are named {entry_point.name!r}: uninstall one of them")
        methods[entry_point.name] = _load(entry_point)
    return methods


def make_methods(classes: Mapping[str, Any], services: DeliveryServices) -> dict[str, DeliveryMethod]:
    """Construct each method, once a process."""
    return {name: cast("DeliveryMethod", class_(services)) for name, class_ in classes.items()}


def _load(entry_point: EntryPoint) -> Any:
    try:
        return entry_point.load()
    except Exception as error:
        raise DeliveryMethodsError(
            f"delivery method {entry_point.name!r} ({entry_point.value}) can't be loaded: {error}"
        ) from error
