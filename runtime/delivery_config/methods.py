"""Finds the config model of each delivery method: entry points of the group ``logrouter.delivery_configs``.

A group of its own, beside those of the methods: the API reads and checks configs without loading what sends, and the
processor loads the model of a method that delivers elsewhere when it meets the first config of it.
"""

from collections.abc import Iterator, Mapping

from runtime.delivery_config.model import DeliveryConfig
from runtime.entry_points import EntryPoint, entry_points

ENTRY_POINT_GROUP = "logrouter.delivery_configs"


class ConfigModels(Mapping[str, type[DeliveryConfig]]):
    """The installed config models by their method's name, each loaded when it is first asked for."""

    def __init__(self, points: Mapping[str, EntryPoint]) -> None:
        self._points = points
        self._loaded: dict[str, type[DeliveryConfig]] = {}

    def __getitem__(self, method: str) -> type[DeliveryConfig]:
        if method not in self._loaded:
            self._loaded[method] = self._points[method].load()
        return self._loaded[method]

    def __iter__(self) -> Iterator[str]:
        return iter(self._points)

    def __len__(self) -> int:
        return len(self._points)


def find_config_models() -> ConfigModels:
    """Return the installed config models."""
    return ConfigModels({point.name: point for point in entry_points(ENTRY_POINT_GROUP)})
