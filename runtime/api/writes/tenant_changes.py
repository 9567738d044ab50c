"""Changes of a tenant's record: each reads, decides, and writes on the condition that what it read still holds.

A record's write counts as one of the tenant's, like a config's: of a record and a config that are written at once, one
is decided again on what the other has written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from runtime.api.config_store import StoredConfig
from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.middleware.caller import Caller
from runtime.api.services import Services
from runtime.api.tenant_store import MAX_CONFIGS, StoredTenant
from runtime.api.writes import audit
from runtime.api.writes.limits import read_counter
from runtime.api.writes.preconditions import Preconditions
from runtime.api.writes.repetition import repeated
from runtime.api.writes.tenant_bounds import refuse_conflicts, unreadable
from runtime.delivery_config import rotation
from runtime.delivery_config.attribute_values import plain_item, typed
from runtime.delivery_config.model import SCHEMA_VERSION, whole_number
from runtime.delivery_config.service_fields import SERVICE_FIELDS
from runtime.delivery_config.tenant_record import ISSUED_FIELDS, InvalidRecord, TenantRecord, read_record
from runtime.delivery_config.writing import InvalidConfigError, item_of, validate_record


@dataclass(frozen=True, slots=True)
class TenantChanges:
    """Changes made for one caller."""

    services: Services
    caller: Caller

    def create(self, record: TenantRecord) -> StoredTenant:
        """Store a new record; an existing one is left alone (409)."""

        def attempt() -> StoredTenant:
            if self.services.tenants.get(record.tenant_id):
                detail = f"{record.tenant_id} exists already; it was not changed. PATCH changes it"
                raise ProblemError(HTTPStatus.CONFLICT, "tenant-exists", detail)
            return self._put("create", record, None)

        return repeated(attempt, Preconditions())

    def patch(self, tenant_id: str, patch: Mapping[str, object], wanted: Preconditions) -> StoredTenant:
        """Apply a JSON Merge Patch (RFC 7396)."""

        def attempt() -> StoredTenant:
            stored = existing(self.services, tenant_id)
            wanted.require(stored.etag)
            _require_understood(stored)
            return self._put("patch", _patched(self.services, stored, patch, tenant_id), stored)

        return repeated(attempt, wanted)

    def issue_external_id(self, tenant_id: str) -> StoredTenant:
        """Issue an ExternalId; without a role that has to take it, it is used at once, else it is pending.

        :raises ProblemError: 409: one is pending already, or the customer has yet to take out the one before.
        """

        def attempt() -> StoredTenant:
            stored = self._readable(tenant_id)
            record = stored.record
            assert isinstance(record, TenantRecord)
            if record.pending_external_id:
                detail = "an ExternalId is pending already: have the roles take it, or activate it"
                raise ProblemError(HTTPStatus.CONFLICT, "external-id-pending", detail)
            return self._put("issue-external-id", rotation.issued(record), stored, waits=True)

        return repeated(attempt, Preconditions())

    def activate_external_id(self, tenant_id: str) -> StoredTenant:
        """Use the pending ExternalId everywhere, whether or not each role was seen to take it.

        :raises ProblemError: 409: none is pending.
        """

        def attempt() -> StoredTenant:
            stored = self._readable(tenant_id)
            record = stored.record
            assert isinstance(record, TenantRecord)
            if not record.pending_external_id:
                detail = "no ExternalId is pending: POST …/external-ids issues one"
                raise ProblemError(HTTPStatus.CONFLICT, "no-pending-external-id", detail)
            return self._put("activate-external-id", rotation.activated(record, now_text()), stored)

        return repeated(attempt, Preconditions())

    def _readable(self, tenant_id: str) -> StoredTenant:
        stored = existing(self.services, tenant_id)
        if isinstance(stored.record, InvalidRecord):
            raise unreadable(stored.record, {})
        _require_understood(stored)
        return stored

    def _put(
        self, action: audit.Action, record: TenantRecord, before: StoredTenant | None, *, waits: bool = False
    ) -> StoredTenant:
        """Write a record. ``waits``: a pending ExternalId stays pending only where a role has to take it."""
        counter = read_counter(self.services, record.tenant_id).increment()
        configs = self._configs(record.tenant_id)
        now = now_text()
        if waits and not rotation.roles_of([stored.config for stored in configs]):
            record = rotation.activated(record, now)
        refuse_conflicts(self.services, record, configs)
        kept = before.item.get("created_at") if before else None
        item = item_of(record) | {
            "schema_version": typed(SCHEMA_VERSION),
            "version": typed(before.version + 1 if before else 1),
            "created_at": kept or typed(now),
            "updated_at": typed(now),
        }
        with audit.recorded(self.caller, action, before.item if before else None, item):
            return self.services.tenants.put(item, replacing=before, configs=configs, counter=counter)

    def _configs(self, tenant_id: str) -> list[StoredConfig]:
        found = self.services.store.page(tenant_id, MAX_CONFIGS + 1, None)
        if len(found) > MAX_CONFIGS:
            detail = f"a tenant with a record may have {MAX_CONFIGS} delivery configs; delete some first"
            raise ProblemError(HTTPStatus.CONFLICT, "too-many-configs", detail)
        return found


def now_text() -> str:
    """Return the time as a record has it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def existing(services: Services, tenant_id: str) -> StoredTenant:
    """Return a tenant's record. Raises 404 where there is none."""
    stored = services.tenants.get(tenant_id)
    if stored is None:
        detail = f"{tenant_id} has no record: the defaults hold for its delivery configs"
        raise ProblemError(HTTPStatus.NOT_FOUND, "no-such-tenant", detail)
    return stored


def validate_tenant(services: Services, fields: Mapping[str, object]) -> TenantRecord:
    """Return the record that the fields make. Raises 422 with every wrong field."""
    try:
        return validate_record(fields, services.write_rules())
    except InvalidConfigError as error:
        wrong = [(each.field, each.problem) for each in error.problems]
        raise invalid("invalid-tenant", "nothing was changed: these fields are wrong", wrong) from None


def _patched(services: Services, stored: StoredTenant, patch: Mapping[str, object], tenant_id: str) -> TenantRecord:
    if patch.get("tenant_id", tenant_id) != tenant_id:
        raise invalid("invalid-tenant", "nothing was changed", [("tenant_id", "must be the path's, or left out")])
    plain = plain_item(stored.item)
    known = set(TenantRecord.model_fields) - SERVICE_FIELDS - ISSUED_FIELDS
    before = {
        name: sorted(value) if isinstance(value, set) else value for name, value in plain.items() if name in known
    }
    # A null of a field that can't be set would vanish unseen; its name goes on to be refused like any other.
    merged = {name: value for name, value in {**before, **patch}.items() if value is not None or name not in known}
    written = validate_tenant(services, {name: "" if value is None else value for name, value in merged.items()})
    # What was issued stays, also where another field has spoilt the record: the customers' roles trust nothing else.
    issued = read_record({name: value for name, value in plain.items() if name in {"tenant_id", *ISSUED_FIELDS}})
    kept = issued.model_dump(include=set(ISSUED_FIELDS)) if isinstance(issued, TenantRecord) else {}
    return written.model_copy(update=kept)


def _require_understood(stored: StoredTenant) -> None:
    schema = whole_number(stored.item.get("schema_version", {}).get("N", "1")) or 1
    if schema > SCHEMA_VERSION:
        detail = f"it is of schema version {schema}, of a newer release; this one would lose what it doesn't know"
        raise ProblemError(HTTPStatus.CONFLICT, "newer-schema-version", detail)
