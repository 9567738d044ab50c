"""Finds the delivery methods: entry points of the group ``logrouter.delivery_methods``, built-in ones included."""

from collections.abc import Mapping
from typing import Any, cast

from runtime.deliveries.method import ENTRY_POINT_GROUP, SEAM_VERSION, DeliveryMethod, DeliveryServices
from runtime.entry_points import EntryPoint, entry_points


class DeliveryMethodsError(RuntimeError):
    """The installed delivery methods can't be used: none is installed, two share a name, or one doesn't fit."""


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
        class_ = _load(entry_point)
        if entry_point.name in methods and methods[entry_point.name] is not class_:
            raise DeliveryMethodsError(f"two delivery methods are named {entry_point.name!r}: uninstall one of them")
        _check_seam(entry_point, class_)
        methods[entry_point.name] = class_
    return methods


def make_methods(classes: Mapping[str, Any], services: DeliveryServices) -> dict[str, DeliveryMethod]:
    """Construct each method, once a process."""
    return {name: cast("DeliveryMethod", class_(services)) for name, class_ in classes.items()}


def _check_seam(entry_point: EntryPoint, class_: object) -> None:
    """Refuse a method whose class doesn't state this seam's version: methods without one are of the first."""
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


def _load(entry_point: EntryPoint) -> Any:
    try:
        return entry_point.load()
    except Exception as error:
        raise DeliveryMethodsError(
            f"delivery method {entry_point.name!r} ({entry_point.value}) can't be loaded: {error}"
        ) from error
