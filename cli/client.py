"""A typed client of the delivery-config API."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cli.alert_calls import AlertCalls
from cli.api_calls import JSON, MERGE_PATCH, ApiProblemError, StoredDocument, match_header, tenant_path
from cli.signing import ApiResponse
from runtime.api.schemas.deliveries import ParkedPage, ParkedView, ReplayList, ReplayView, StatusView
from runtime.api.schemas.delivery_configs import GroupList, InvalidStored, MatchResults, ResolvedConfig
from runtime.api.schemas.delivery_tests import DeliveryTestView
from runtime.api.schemas.programs import ProgramList, TrialView
from runtime.api.schemas.tenants import TenantPageView, TenantView

__all__ = ["ApiProblemError", "Client", "ConfigDocument", "StoredDocument"]

_TEST = re.compile(r'<[^>]*/test/([0-9a-f]{32})>; rel="status"')


@dataclass(frozen=True, slots=True)
class ConfigDocument(StoredDocument):
    """A delivery config as the API returns it: its fields, and the ETag to change it by.

    :param test_id: of the test delivery that enables it once it has passed.
    """

    test_id: str | None = None

    @property
    def type(self) -> str:
        """Its type."""
        return str(self.fields["type"])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but hardly meant."""
        return tuple(self.fields.get("warnings", ()))


@dataclass(frozen=True, slots=True)
class Client(AlertCalls):
    """Every operation raises ``ApiProblemError`` for an answer that isn't a success."""

    def tenants(self) -> Iterator[TenantView]:
        """Yield the tenants that have delivery configs or a record, page by page."""
        for page in self._pages("/tenants"):
            yield from TenantPageView(**page).tenants

    def tenant(self, tenant_id: str) -> StoredDocument:
        """Return a tenant's record."""
        return StoredDocument.of(self._send("GET", tenant_path(tenant_id)))

    def create_tenant(self, fields: Mapping[str, Any]) -> StoredDocument:
        """Make a tenant's record; 409 where it exists. A key of its own goes with each call, as with a replay."""
        headers = JSON | {"idempotency-key": uuid.uuid4().hex}
        return StoredDocument.of(self._send("POST", "/tenants", fields, headers))

    def patch_tenant(self, tenant_id: str, changes: Mapping[str, Any], *, etag: str | None = None) -> StoredDocument:
        """Change fields of a tenant's record; ``None`` removes one."""
        return StoredDocument.of(self._send("PATCH", tenant_path(tenant_id), changes, MERGE_PATCH | match_header(etag)))

    def issue_external_id(self, tenant_id: str) -> StoredDocument:
        """Issue an ExternalId; 409 while one is pending."""
        return self._rotate(f"{tenant_path(tenant_id)}/external-ids")

    def activate_external_id(self, tenant_id: str) -> StoredDocument:
        """Use the pending ExternalId for all roles; 409 where none is pending."""
        return self._rotate(f"{tenant_path(tenant_id)}/external-ids/activate")

    def _rotate(self, path: str) -> StoredDocument:
        return StoredDocument.of(self._send("POST", path, headers={"idempotency-key": uuid.uuid4().hex}))

    def list(self, tenant_id: str, *, page_size: int = 100) -> Iterator[ConfigDocument | InvalidStored]:
        """Yield all configs of a tenant, page by page, and the items that can't be read as one."""
        for page in self._pages(_configs(tenant_id), limit=page_size):
            yield from (ConfigDocument(fields, None) for fields in page["delivery_configs"])
            yield from (InvalidStored(**each) for each in page["invalid"])

    def get(self, tenant_id: str, type_: str) -> ConfigDocument:
        """Return one config."""
        return _stored(self._send("GET", _config(tenant_id, type_)))

    def create(self, tenant_id: str, fields: Mapping[str, Any], *, after_test: bool = False) -> ConfigDocument:
        """Make a new config; 409 where it exists. ``after_test``: it is enabled once a test delivery has passed."""
        return _stored(self._send("POST", f"{_configs(tenant_id)}{_enable(after_test)}", fields, JSON))

    def put(
        self,
        tenant_id: str,
        type_: str,
        fields: Mapping[str, Any],
        *,
        etag: str | None = None,
        new: bool = False,
        after_test: bool = False,
    ) -> ConfigDocument:
        """Replace a whole config, with ``etag`` only if unchanged; with ``new`` create it, only where there is none."""
        headers = JSON | match_header(etag) | ({"if-none-match": "*"} if new else {})
        path = f"{_config(tenant_id, type_)}{_enable(after_test)}"
        return _stored(self._send("PUT", path, fields, headers))

    def patch(
        self,
        tenant_id: str,
        type_: str,
        changes: Mapping[str, Any],
        *,
        etag: str | None = None,
        after_test: bool = False,
    ) -> ConfigDocument:
        """Change fields; ``None`` removes one."""
        path = f"{_config(tenant_id, type_)}{_enable(after_test)}"
        return _stored(self._send("PATCH", path, changes, MERGE_PATCH | match_header(etag)))

    def delete(self, tenant_id: str, type_: str, *, etag: str | None = None) -> None:
        """Delete a config."""
        self._send("DELETE", _config(tenant_id, type_), headers=match_header(etag))

    def effective(self, tenant_id: str, type_: str) -> ResolvedConfig:
        """Return what a config selects."""
        return ResolvedConfig(**self._json("GET", f"{_config(tenant_id, type_)}/effective"))

    def match(
        self,
        tenant_id: str,
        type_: str,
        *,
        applications: Sequence[str] = (),
        object_keys: Sequence[str] = (),
        config: Mapping[str, Any] | None = None,
    ) -> MatchResults:
        """Return what a stored config, or the one passed, would deliver."""
        asked: dict[str, Any] = {"applications": [*applications], "object_keys": [*object_keys]}
        if config is not None:
            asked["config"] = dict(config)
        return MatchResults(**self._json("POST", f"{_config(tenant_id, type_)}/match", asked, JSON))

    def parked(self, tenant_id: str, *, type_: str | None = None) -> Iterator[ParkedView]:
        """Yield a tenant's parked deliveries, page by page."""
        query = {"state": "parked"} | ({"type": type_} if type_ else {})
        for page in self._pages(f"{tenant_path(tenant_id)}/deliveries", query=query):
            yield from ParkedPage(**page).deliveries

    def status(self, tenant_id: str, type_: str) -> StatusView:
        """Return how a config's destination is."""
        return StatusView(**self._json("GET", f"{_config(tenant_id, type_)}/status"))

    def start_test(self, tenant_id: str, type_: str) -> DeliveryTestView:
        """Start a test delivery of a stored config. A key of its own goes with each call, as for a replay."""
        headers = {"idempotency-key": uuid.uuid4().hex}
        return DeliveryTestView(**self._json("POST", f"{_config(tenant_id, type_)}/test", None, headers))

    def test(self, tenant_id: str, type_: str, test_id: str) -> DeliveryTestView:
        """Return how far a test delivery is."""
        return DeliveryTestView(**self._json("GET", f"{_config(tenant_id, type_)}/test/{quote(test_id, safe='')}"))

    def start_replay(self, tenant_id: str, asked: Mapping[str, Any]) -> ReplayView:
        """Start a replay, or with ``dry_run`` estimate it. ``asked``: the fields of ``ReplayRequest``.

        A key of its own goes with each call: one that a proxy or a retry sends twice starts one replay.
        """
        headers = JSON | {"idempotency-key": uuid.uuid4().hex}
        return ReplayView(**self._json("POST", f"{tenant_path(tenant_id)}/replays", dict(asked), headers))

    def replay(self, tenant_id: str, replay_id: str) -> ReplayView:
        """Return how far a replay is."""
        return ReplayView(**self._json("GET", f"{tenant_path(tenant_id)}/replays/{quote(replay_id, safe='')}"))

    def replays(self, tenant_id: str) -> ReplayList:
        """Return a tenant's replays."""
        return ReplayList(**self._json("GET", f"{tenant_path(tenant_id)}/replays"))

    def cancel_replay(self, tenant_id: str, replay_id: str) -> None:
        """End a running replay."""
        self._send("DELETE", f"{tenant_path(tenant_id)}/replays/{quote(replay_id, safe='')}")

    def groups(self) -> GroupList:
        """Return the application groups."""
        return GroupList(**self._json("GET", "/groups"))

    def programs(self) -> ProgramList:
        """Return the ready-made programs."""
        return ProgramList(**self._json("GET", "/programs"))

    def try_transform(self, tenant_id: str, type_: str, asked: Mapping[str, Any]) -> TrialView:
        """Return what a program makes of lines. ``asked``: the fields of ``TrialRequest``."""
        return TrialView(**self._json("POST", f"{_config(tenant_id, type_)}/transform/try", dict(asked), JSON))


def _configs(tenant_id: str) -> str:
    return f"{tenant_path(tenant_id)}/delivery-configs"


def _config(tenant_id: str, type_: str) -> str:
    return f"{_configs(tenant_id)}/{quote(type_, safe=':')}"


def _enable(after_test: bool) -> str:  # noqa: FBT001 - a word of the query
    return "?enable=after-test" if after_test else ""


def _stored(answer: ApiResponse) -> ConfigDocument:
    found = _TEST.search(answer.headers.get("link", ""))
    return ConfigDocument(json.loads(answer.body), answer.headers.get("etag"), found[1] if found else None)
