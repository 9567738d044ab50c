"""Finds the config model of each delivery method: entry points of the group ``logrouter.delivery_configs``.

A group of its own, beside ``logrouter.delivery_methods``: the API reads and checks configs without loading what
sends. A test holds both groups together.
"""

from runtime.delivery_config.model import DeliveryConfig
from runtime.entry_points import entry_points

ENTRY_POINT_GROUP = "logrouter.delivery_configs"


def find_config_models() -> dict[str, type[DeliveryConfig]]:
    """Load the config models by their method's name."""
    return {point.name: point.load() for point in entry_points(ENTRY_POINT_GROUP)}
