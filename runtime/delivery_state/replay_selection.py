"""What a replay is to deliver: a tenant's objects, narrowed down by delivery, application, cluster, time or keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from runtime.delivery_config.model import is_tenant_id
from runtime.objects.key import MalformedKeyError, ObjectKey

MAX_KEYS = 1000  # ours: a list of keys is kept in the replay's item, which DynamoDB limits to 400 KB
_TIME_IN_NAME = re.compile(r"(\d{8}-\d{6})-")


class SelectionError(ValueError):
    """The selection makes no sense; the message says which part of it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A tenant's objects.

    :param type: one delivery config; all of the tenant's otherwise.
    :param application, cluster_id: only these.
    :param since, until: epoch seconds, of the objects' own time (``listing``); ``until`` is exclusive.
    :param keys: these objects alone; then neither application, cluster nor times may be given.
    """

    tenant_id: str
    type: str | None = None
    application: str | None = None
    cluster_id: str | None = None
    since: float | None = None
    until: float | None = None
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what could match nothing, or another tenant's objects."""
        if not is_tenant_id(self.tenant_id):
            raise SelectionError("tenant_id isn't one")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise SelectionError("since must be before until")
        for name in ("application", "cluster_id"):
            value = getattr(self, name)
            if value is not None and (not value or "/" in value):
                raise SelectionError(f"{name} must be a name without slashes")
        if self.keys:
            self._check_keys()

    def _check_keys(self) -> None:
        if any(part is not None for part in (self.application, self.cluster_id, self.since, self.until)):
            raise SelectionError("a list of keys leaves nothing to narrow down")
        if len(self.keys) > MAX_KEYS:
            raise SelectionError(f"at most {MAX_KEYS} keys")
        for key in self.keys:
            try:
                owner = ObjectKey.parse(key).tenant_id
            except MalformedKeyError as error:
                raise SelectionError(f"not an object's key: {error.reason}") from error
            if owner != self.tenant_id:
                raise SelectionError("a key is another tenant's")

    def wants(self, key: ObjectKey, at: float) -> bool:
        """Whether an object of the tenant is meant; ``at`` is its time, epoch seconds."""
        return (
            (self.application is None or key.application == self.application)
            and (self.cluster_id is None or key.cluster_id == self.cluster_id)
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
        )

    def document(self) -> dict[str, object]:
        """Return it as plain values; what isn't set is left out."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """Read what ``document`` gave."""
        fields = {name: document[name] for name in cls.__slots__ if name in document}
        return cls(**{**fields, "keys": tuple(document.get("keys", ()))})


def object_time(key: ObjectKey, last_modified: float) -> float:
    """Return an object's time: the one in its name, else when it was written (epoch seconds)."""
    named = _TIME_IN_NAME.match(key.filename)
    if named:
        try:
            return datetime.strptime(named[1], "%Y%m%d-%H%M%S").replace(tzinfo=UTC).timestamp()
        except ValueError:
            pass
    return last_modified
