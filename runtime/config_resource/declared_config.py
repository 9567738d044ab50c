"""A delivery config as a template declares it: made, changed and removed through the API.

The physical id is ``<tenant_id>/<type>``: with another tenant or type, CloudFormation has the old one removed after the
new one is made. What was never made has an id that is none, so that a rollback can't remove what another one made.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from runtime.config_resource.signed_api import ApiRefusedError, SignedApi, configs_path
from runtime.delivery_config.methods import find_config_models

NOT_MADE: Final = "not-made:"
DRIFT_DELETED: Final = "deleted"
_SET_BY_THE_API: Final = frozenset({"created_at", "updated_at", "schema_version", "version", "tenant_version"})


class DeclarationError(Exception):
    """A property of the resource that can't be read. The text says what it must be."""


@dataclass(frozen=True, slots=True)
class DeclaredConfig:
    """The resource's properties. ``fields``: the config without ``tenant_id``, ``type`` among them."""

    tenant_id: str
    fields: Mapping[str, object]

    @classmethod
    def of(cls, properties: object) -> "DeclaredConfig":
        """Read the properties. ``Config`` is JSON text: CloudFormation makes text of numbers and truth values.

        :raises DeclarationError: one is missing or malformed.
        """
        try:
            assert isinstance(properties, Mapping)
            fields = json.loads(properties["Config"])
            tenant_id, type_ = properties["TenantId"], fields["type"]
        except (AssertionError, KeyError, TypeError, ValueError):
            raise DeclarationError("TenantId and Config, a JSON object with a type, are needed") from None
        if not isinstance(tenant_id, str) or not isinstance(type_, str):
            raise DeclarationError("TenantId and the config's type must be text")
        return cls(tenant_id, fields)

    @property
    def type(self) -> str:
        """The config's type."""
        return str(self.fields["type"])

    @property
    def physical_id(self) -> str:
        """What CloudFormation knows it by."""
        return f"{self.tenant_id}/{self.type}"

    def drift(self, stored: Mapping[str, object]) -> list[str]:
        """Return the names of fields that somebody has changed since: what is stored isn't what was declared.

        Secrets are left out, as the API never returns one; and what the API fills in by itself.
        """
        model = find_config_models()[self.type.partition(":")[0]]
        declared = model.model_validate({**self.fields, "tenant_id": self.tenant_id}).model_dump()
        found = model.model_validate(dict(stored)).model_dump()
        secrets = model.facts.secrets
        left_out = {*_SET_BY_THE_API, *secrets} | ({"external_id"} if declared["external_id"] is None else set())
        return sorted(name for name in declared if name not in left_out and declared[name] != found[name])


@dataclass(frozen=True, slots=True)
class ConfigResource:
    """Does what CloudFormation asks for. Each raises ``ApiRefusedError``, and what the connection raises."""

    api: SignedApi

    def create(self, declared: DeclaredConfig, request_id: str) -> None:
        """Make a new config, once a request: Lambda may get the same event again. One that exists is refused (409)."""
        headers = {"idempotency-key": request_id}
        self.api.send("POST", configs_path(declared.tenant_id), declared.fields, headers)

    def update(self, before: DeclaredConfig, declared: DeclaredConfig) -> list[str]:
        """Replace the config, and return what had been changed by hand; one that is gone is made again."""
        path = configs_path(declared.tenant_id, declared.type)
        try:
            stored = self.api.send("GET", path)
        except ApiRefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            self.api.send("PUT", path, declared.fields, {"if-none-match": "*"})
            return [DRIFT_DELETED]
        drift = before.drift(stored)
        self.api.send("PUT", path, declared.fields)
        return drift

    def delete(self, physical_id: str) -> None:
        """Remove the config; one that is gone, or was never made, is no failure."""
        tenant_id, separator, type_ = physical_id.partition("/")
        if physical_id.startswith(NOT_MADE) or not separator:
            return
        try:
            self.api.send("DELETE", configs_path(tenant_id, type_))
        except ApiRefusedError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
