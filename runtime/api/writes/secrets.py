"""Secrets in a request's body: kept in Secrets Manager, with a reference in their place before anything else sees them.

A value is stored once, under a name of its own, before the config that refers to it is written: a config never refers
to nothing. Where the config isn't written, the value is deleted again. What no config of the tenant refers to any more
is deleted with a recovery window. A secret that the customer keeps is referred to by its ARN, and never touched here.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from runtime.api.conditional_writes import ChangedMeanwhileError
from runtime.api.config_store import StoredConfig
from runtime.api.errors.problems import ProblemError
from runtime.api.services import Services
from runtime.delivery_config.attribute_values import Item, plain_item
from runtime.endpoints.customer_secret import region_of
from runtime.endpoints.secret import MAX_LIVE, Secret, tenants_prefix
from runtime.errors import Hop, classify

RECOVERY_DAYS: Final = 7  # Secrets Manager API reference, DeleteSecret: 7 to 30
_NAME: Final = re.compile(r"[A-Za-z0-9/_+=.@-]{1,300}")  # as above, CreateSecret: at most 512 with the tenant's prefix
_PAGE: Final = 100
logger = logging.getLogger("logrouter.api")


class SecretWrites:
    """The secrets of one write of one tenant's config; a context, which deletes what isn't referred to in the end."""

    def __init__(self, services: Services, tenant_id: str) -> None:
        self._services = services
        self._tenant_id = tenant_id
        self._new: dict[str, tuple[str, Secret]] = {}
        self._created: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Delete what was created, where it is certain that no config was written: a lost answer leaves it."""
        if isinstance(error, ProblemError | ChangedMeanwhileError):
            for reference in self._created:
                self._delete(reference, {"ForceDeleteWithoutRecovery": True})

    def take(
        self, type_: object, fields: Mapping[str, object], stored: StoredConfig | None
    ) -> tuple[dict[str, object], list[tuple[str, str]]]:
        """Return the fields with references in place of texts, and what is wrong with a secret; no value is quoted.

        A text is a new secret: it comes before the one that the stored config has, which stays live with it.
        """
        model = self._services.models.get(type_.partition(":")[0]) if isinstance(type_, str) else None
        found, problems = dict(fields), []
        for name in model.facts.secrets if model else ():
            given = found.get(name)
            if isinstance(given, str) and region_of(given):
                found[name] = given = [given]
            if isinstance(given, str) and model is not None:
                reference, secret = self._new.setdefault(name, (self._name(), Secret(given)))
                problem = model.secret_problem(name, secret)
                problems += [(name, problem)] if problem else []
                found[name] = [reference, *_references(stored.item if stored else None, (name,))][:MAX_LIVE]
            elif isinstance(given, list) and not all(
                isinstance(each, str) and (self._is_own(each) or region_of(each)) for each in given
            ):
                # A value in the place of a reference must not be stored as one.
                problems.append(
                    (name, f"must be a secret's text, references that begin with {self._prefix}, or ARNs of secrets")
                )
                found.pop(name)
        return found, problems

    def create(self) -> None:
        """Store the new values, once.

        :raises ProblemError: 503: they can't be stored; nothing was written.
        """
        for reference, secret in self._new.values():
            if reference in self._created:
                continue
            self._created.append(reference)
            request = {"Name": reference, "SecretString": secret.reveal(), "ClientRequestToken": uuid4().hex}
            try:
                self._services.clients.call("secretsmanager", "CreateSecret", request)
            except Exception as error:  # noqa: BLE001 - none of its text is shown
                failed = classify(error, hop=Hop.EXECUTION, action="secretsmanager:CreateSecret", resource=reference)
                logger.error("a secret can't be stored", extra={"reason": failed.reason})  # noqa: TRY400 - no traceback
                raise ProblemError(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "secrets-unavailable",
                    "the secret can't be stored at the moment; nothing was written, try again",
                    headers={"Retry-After": "5"},
                ) from None

    def drop(self, before: Item | None, after: Item | None) -> None:
        """Delete what the config referred to before and no config of the tenant does now; it can be recovered."""
        names = self._secret_fields()
        gone = set(_references(before, names)) - set(_references(after, names))
        if gone:
            gone -= {each for item in self._items() for each in _references(item, names)}
        for reference in sorted(filter(self._is_own, gone)):
            self._delete(reference, {"RecoveryWindowInDays": RECOVERY_DAYS})

    @property
    def _prefix(self) -> str:
        return tenants_prefix(self._tenant_id)

    def _name(self) -> str:
        return f"{self._prefix}{uuid4().hex}"

    def _is_own(self, reference: str) -> bool:
        return reference.startswith(self._prefix) and _NAME.fullmatch(reference[len(self._prefix) :]) is not None

    def _secret_fields(self) -> tuple[str, ...]:
        return tuple({name for model in self._services.models.values() for name in model.facts.secrets})

    def _items(self) -> Iterable[Item]:
        after: str | None = None
        while page := self._services.store.page(self._tenant_id, _PAGE, after):
            yield from (stored.item for stored in page)
            after = page[-1].item["type"]["S"]

    def _delete(self, reference: str, how: Mapping[str, object]) -> None:
        """Delete one; what stays behind is in the log, and costs the provider its price a month."""
        try:
            self._services.clients.call("secretsmanager", "DeleteSecret", {"SecretId": reference, **how})
        except Exception as error:  # noqa: BLE001 - the write is done, or refused: its answer stays what it is
            failed = classify(error, hop=Hop.EXECUTION, action="secretsmanager:DeleteSecret", resource=reference)
            logger.warning("a secret was left", extra={"secret": reference, "reason": failed.reason})


def _references(item: Item | None, names: Iterable[str]) -> list[str]:
    plain = plain_item(item) if item else {}
    found = (plain.get(name) for name in names)
    return [str(each) for value in found if isinstance(value, list | set | tuple) for each in value]
