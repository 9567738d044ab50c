"""The typed client's operations on alerts and their rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cli.api_calls import JSON, ApiCalls, StoredDocument, match_header, tenant_path
from runtime.api.schemas.alert_rules import InvalidRuleView, ReadyMadeList, RulePage
from runtime.api.schemas.alert_trials import AlertTrialView
from runtime.api.schemas.fired_alerts import FiredAlertPage, FiredAlertView


@dataclass(frozen=True, slots=True)
class AlertCalls(ApiCalls):
    """A part of ``cli.client.Client``."""

    def alert_rules(self, tenant_id: str) -> Iterator[StoredDocument | InvalidRuleView]:
        """Yield a tenant's alert rules, page by page, and the items that can't be read as one."""
        for page in self._pages(_rules(tenant_id)):
            found = RulePage(**page)
            yield from (StoredDocument(fields, None) for fields in found.alert_rules)
            yield from found.invalid

    def alert_rule(self, tenant_id: str, name: str) -> StoredDocument:
        """Return one alert rule."""
        return StoredDocument.of(self._send("GET", _rule(tenant_id, name)))

    def put_alert_rule(
        self, tenant_id: str, name: str, fields: Mapping[str, Any], *, etag: str | None = None, new: bool = False
    ) -> StoredDocument:
        """Replace a whole alert rule, with ``etag`` only if unchanged; with ``new`` create it, where there is none."""
        headers = JSON | match_header(etag) | ({"if-none-match": "*"} if new else {})
        return StoredDocument.of(self._send("PUT", _rule(tenant_id, name), fields, headers))

    def delete_alert_rule(self, tenant_id: str, name: str, *, etag: str | None = None) -> None:
        """Delete an alert rule."""
        self._send("DELETE", _rule(tenant_id, name), headers=match_header(etag))

    def try_alert_rules(self, tenant_id: str, asked: Mapping[str, Any]) -> AlertTrialView:
        """Return what rules would have fired over stored objects. ``asked``: the fields of ``AlertTrialRequest``."""
        return AlertTrialView(**self._json("POST", f"{_rules(tenant_id)}/try", dict(asked), JSON))

    def alerts(self, tenant_id: str) -> Iterator[FiredAlertView]:
        """Yield a tenant's alerts that fire, or did of late, page by page."""
        for page in self._pages(f"{tenant_path(tenant_id)}/alerts"):
            yield from FiredAlertPage(**page).alerts

    def ready_made_alert_rules(self) -> ReadyMadeList:
        """Return the ready-made alert rules."""
        return ReadyMadeList(**self._json("GET", "/alert-rules"))


def _rules(tenant_id: str) -> str:
    return f"{tenant_path(tenant_id)}/alert-rules"


def _rule(tenant_id: str, name: str) -> str:
    return f"{_rules(tenant_id)}/{quote(name, safe='')}"
