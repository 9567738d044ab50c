"""Changes of alert rules: each reads, decides, and writes on the condition that what it read still holds.

A rule's write counts as one of the tenant's, like a config's.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from runtime.alerts.rule import AlertRule
from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.middleware.caller import Caller
from runtime.api.rule_store import StoredRule
from runtime.api.services import Services
from runtime.api.writes import audit
from runtime.api.writes.changes import require_understood
from runtime.api.writes.limits import read_counter
from runtime.api.writes.preconditions import Preconditions
from runtime.api.writes.repetition import repeated
from runtime.api.writes.tenant_bounds import require_rule_within
from runtime.api.writes.validation import predicate_problems
from runtime.delivery_config.attribute_values import typed
from runtime.delivery_config.model import SCHEMA_VERSION
from runtime.delivery_config.writing import InvalidConfigError, item_of, validate_as


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Changes made for one caller."""

    services: Services
    caller: Caller

    def create(self, tenant_id: str, fields: Mapping[str, object]) -> StoredRule:
        """Store a new rule; an existing one is left alone (409)."""
        rule = validate_rule(self.services, fields, tenant_id)

        def attempt() -> StoredRule:
            if self.services.rules.get(tenant_id, rule.name):
                detail = f"{tenant_id} has an alert rule {rule.name} already; it was not changed. PUT replaces it"
                raise ProblemError(HTTPStatus.CONFLICT, "rule-exists", detail)
            return self._put("create", rule, None)

        return repeated(attempt, Preconditions())

    def replace(
        self, tenant_id: str, name: str, fields: Mapping[str, object], wanted: Preconditions
    ) -> tuple[StoredRule, bool]:
        """Replace a whole rule; with ``If-None-Match: *`` create it. The second value: whether it is new."""

        def attempt() -> tuple[StoredRule, bool]:
            stored = self.services.rules.get(tenant_id, name)
            if stored:
                wanted.require(stored.etag)
                require_understood(stored)
            elif not wanted.creates:
                raise no_rule(tenant_id, name)
            rule = validate_rule(self.services, fields, tenant_id, name)
            return self._put("replace" if stored else "create", rule, stored), stored is None

        return repeated(attempt, wanted)

    def delete(self, tenant_id: str, name: str, wanted: Preconditions) -> None:
        """Delete a rule."""

        def attempt() -> None:
            stored = self.services.rules.get(tenant_id, name)
            if stored is None:
                raise no_rule(tenant_id, name)
            wanted.require(stored.etag)
            counter = read_counter(self.services, tenant_id).increment()
            with audit.recorded(self.caller, "delete", stored.item, None):
                self.services.rules.delete(stored, counter=counter)

        repeated(attempt, wanted)

    def _put(self, action: audit.Action, rule: AlertRule, before: StoredRule | None) -> StoredRule:
        """Write a rule with what the service itself sets."""
        counter = read_counter(self.services, rule.tenant_id).increment()
        if before is None:
            self._require_room(rule.tenant_id)
        require_rule_within(self.services, rule)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        kept = before.item.get("created_at") if before else None
        item = item_of(rule) | {
            "schema_version": typed(SCHEMA_VERSION),
            "version": typed(uuid.uuid4().hex),
            "created_at": kept or typed(now),
            "updated_at": typed(now),
        }
        with audit.recorded(self.caller, action, before.item if before else None, item):
            return self.services.rules.put(item, replacing=before, counter=counter)

    def _require_room(self, tenant_id: str) -> None:
        most = self.services.settings.max_alert_rules
        if self.services.rules.count(tenant_id, most) >= most:
            detail = f"a tenant may have {most} alert rules; delete one that is not needed any longer"
            raise ProblemError(HTTPStatus.CONFLICT, "too-many-rules", detail)


def validate_rule(
    services: Services, fields: Mapping[str, object], tenant_id: str, name: str | None = None
) -> AlertRule:
    """Return the rule that the fields make for the path's tenant (and name); both may be left out of the fields.

    :raises ProblemError: 422, with every wrong field; 503: its predicate couldn't be checked.
    """
    path = {"tenant_id": tenant_id} | ({} if name is None else {"name": name})
    wrong = [
        (part, "must be the path's, or left out") for part, value in path.items() if fields.get(part, value) != value
    ]
    try:
        rule = validate_as(AlertRule, {**fields, **path}, services.write_rules())
    except InvalidConfigError as error:
        wrong += [(_without_method(each.field), each.problem) for each in error.problems]
    else:
        wrong += predicate_problems(services, rule.predicate)
    if wrong:
        raise invalid("invalid-rule", "nothing was changed: these fields are wrong", wrong)
    return rule


def no_rule(tenant_id: str, name: str) -> ProblemError:
    """Return that there is no such rule."""
    return ProblemError(HTTPStatus.NOT_FOUND, "no-such-rule", f"{tenant_id} has no alert rule {name}")


def _without_method(field: str) -> str:
    """Return a field's name as it is in the body: the validator has a notice's method in it."""
    notify, _, rest = field.partition(".")
    inner = rest.partition(".")[2]
    return f"{notify}.{inner}" if notify == "notify" and inner else field
