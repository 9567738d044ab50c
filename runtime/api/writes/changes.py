"""The four changes of a config: each reads, decides, and writes on the condition that what it read still holds.

Without If-Match a change that meets another one decides again; with it, it is refused (412). Each write changes the
tenant's counter on the condition that it is as it was read first: what was checked in between, the other configs'
filters and their number, holds when it is written.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from runtime.api.config_store import StoredConfig
from runtime.api.errors.problems import ProblemError, not_found
from runtime.api.item_store import StoredItem
from runtime.api.middleware.caller import Caller
from runtime.api.services import Services
from runtime.api.writes import audit
from runtime.api.writes.limits import read_counter, require_room
from runtime.api.writes.preconditions import Preconditions
from runtime.api.writes.repetition import repeated
from runtime.api.writes.secrets import SecretWrites
from runtime.api.writes.tenant_bounds import require_within
from runtime.api.writes.testing import invoke_tester, queued_test
from runtime.api.writes.validation import notes_that_stay, patched, validate_fields
from runtime.delivery_config.attribute_values import typed
from runtime.delivery_config.marks import ENABLE_AFTER_TEST
from runtime.delivery_config.model import SCHEMA_VERSION, DeliveryConfig
from runtime.delivery_config.writing import item_of

CONFIGS_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes made for one caller.

    :param after_test: what is written stays disabled until a test delivery has passed, which begins with the write.
    """

    services: Services
    caller: Caller
    after_test: bool = False

    def create(self, tenant_id: str, fields: Mapping[str, object]) -> StoredConfig:
        """Store a new config; an existing one is left alone (409)."""
        with SecretWrites(self.services, tenant_id) as secrets:
            taken, problems = secrets.take(fields.get("type"), fields, None)
            config = validate_fields(self.services, taken, tenant_id, errors=problems)

            def attempt() -> StoredConfig:
                stored = self.services.store.get(tenant_id, config.type)
                if stored and self._is_live(stored):
                    raise _exists(config)
                return self._put("create", config, stored, secrets)

            return repeated(attempt, Preconditions())

    def replace(
        self, tenant_id: str, type_: str, fields: Mapping[str, object], wanted: Preconditions
    ) -> tuple[StoredConfig, bool]:
        """Replace a whole config; with ``If-None-Match: *`` create it. The second value: whether it is new."""

        def attempt() -> tuple[StoredConfig, bool]:
            stored = self.services.store.get(tenant_id, type_)
            live = stored if stored and self._is_live(stored) else None
            if live:
                wanted.require(live.etag)
                require_understood(live)
            elif not wanted.creates:
                raise not_found(tenant_id, type_)
            taken, problems = secrets.take(type_, fields, live)
            config = validate_fields(self.services, taken, tenant_id, type_, problems)
            return self._put("replace" if live else "create", config, stored, secrets), live is None

        with SecretWrites(self.services, tenant_id) as secrets:
            return repeated(attempt, wanted)

    def patch(self, tenant_id: str, type_: str, patch: Mapping[str, object], wanted: Preconditions) -> StoredConfig:
        """Apply a JSON Merge Patch (RFC 7396)."""

        def attempt() -> StoredConfig:
            stored = self._existing(tenant_id, type_, wanted)
            require_understood(stored)
            taken, problems = secrets.take(type_, patch, stored)
            config = patched(self.services, stored, taken, tenant_id, type_, errors=problems)
            return self._put("patch", config, stored, secrets)

        with SecretWrites(self.services, tenant_id) as secrets:
            return repeated(attempt, wanted)

    def delete(self, tenant_id: str, type_: str, wanted: Preconditions) -> None:
        """Delete a config."""

        def attempt() -> None:
            stored = self._existing(tenant_id, type_, wanted)
            counter = read_counter(self.services, tenant_id).increment()
            with audit.recorded(self.caller, "delete", stored.item, None):
                self.services.store.delete(stored, counter=counter)
            SecretWrites(self.services, tenant_id).drop(stored.item, None)

        repeated(attempt, wanted)

    def _existing(self, tenant_id: str, type_: str, wanted: Preconditions) -> StoredConfig:
        stored = self.services.store.get(tenant_id, type_)
        if stored is None or not self._is_live(stored):
            raise not_found(tenant_id, type_)
        wanted.require(stored.etag)
        return stored

    def _is_live(self, stored: StoredConfig) -> bool:
        return stored.is_live(self.services.clock())

    def _put(
        self, action: audit.Action, config: DeliveryConfig, stored: StoredConfig | None, secrets: SecretWrites
    ) -> StoredConfig:
        """Write a config with what the service itself sets; an expired one in its place is replaced."""
        counter = read_counter(self.services, config.tenant_id).increment()
        if stored is None:
            require_room(self.services, config.tenant_id)
        test = queued_test(self.services, self.caller, config) if self.after_test else None
        refuse_overlap(self.services, config.model_copy(update={"enabled": True}) if test else config)
        config = config.model_copy(update={"enabled": False}) if test else config
        bound = require_within(self.services, config)
        before = None if action == "create" else stored
        noted = notes_that_stay(config, before)
        secrets.create()
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        kept = before.item.get("created_at") if before else None
        item = (
            item_of(config)
            | noted
            | bound
            | {
                "schema_version": typed(SCHEMA_VERSION),
                "version": typed(uuid.uuid4().hex),
                "created_at": kept or typed(now),
                "updated_at": typed(now),
            }
        )
        item |= {ENABLE_AFTER_TEST: typed(test.id)} if test else {}
        more = (self.services.tests.write(test),) if test else ()
        with audit.recorded(self.caller, action, before.item if before else None, item):
            written = self.services.store.put(item, *more, replacing=stored, counter=counter)
        if test:
            invoke_tester(self.services, test)
        secrets.drop(stored.item if stored else None, item)
        return written


def _exists(config: DeliveryConfig) -> ProblemError:
    return ProblemError(
        HTTPStatus.CONFLICT,
        "config-exists",
        f"{config.tenant_id} has a delivery config {config.type} already; it was not changed. PUT replaces it",
    )


def require_understood(stored: StoredItem) -> None:
    """Raise 409 for an item of a newer release's."""
    if stored.schema_version > SCHEMA_VERSION:
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "newer-schema-version",
            f"it is of schema version {stored.schema_version}, written by a newer release; "
            f"this one knows {SCHEMA_VERSION} and would lose what it doesn't know",
        )


def refuse_overlap(services: Services, config: DeliveryConfig) -> None:
    """Raise 409 where another enabled config of the tenant delivers some of the same to the same place, too.

    Best effort: two configs written at the same moment don't see each other.
    """
    if not config.enabled or config.destination_key is None:
        return
    region, now = services.settings.aws_region, services.clock()
    destination = config.in_region(region).destination_key
    after: str | None = None
    while page := services.store.page(config.tenant_id, CONFIGS_A_PAGE, after):
        for other in (stored.config for stored in page):
            if not isinstance(other, DeliveryConfig) or other.type == config.type:
                continue
            live = other.enabled and other.is_live(now)
            if live and other.in_region(region).destination_key == destination and config.overlaps(other):
                raise ProblemError(
                    HTTPStatus.CONFLICT,
                    "overlapping-config",
                    f"{other.type} delivers to the same place and its filter overlaps: logs would arrive there twice. "
                    f"Make the filters disjoint, choose another place, or disable one",
                )
        after = page[-1].item["type"]["S"]
