"""The settings of an installation in one file, ``logrouter.toml``: which stage, where, whose clusters, who is notified.

An installation's own values are no code: they are in this file, beside ``cdk.json``. What it doesn't say is the stage's
(``stacks/stages.py``); the command line's context comes before it.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from constructs_lib.limits import PropertyError
from constructs_lib.web_identity import WebIdentity
from stacks.stages import Cluster, Host, StageConfig

FILE: Final = Path("logrouter.toml")
"""Looked for in the working directory, as the CDK's command line looks for ``cdk.json``."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Identity(_Table):
    provider_arn: str
    namespace: str
    service_account: str

    def identity(self) -> WebIdentity:
        """Return it as IAM knows it."""
        return WebIdentity(
            provider_arn=self.provider_arn, namespace=self.namespace, service_account=self.service_account
        )


class _Cluster(_Identity):
    cluster_id: str
    region: str


class _Poller(_Identity):
    host: Literal["poller", "both"] = "both"
    record_log_groups: tuple[str, ...] = ()


class _Notify(_Table):
    pages: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()


class _Document(_Table):
    stage: str = ""
    central_account: str = ""
    regions: tuple[str, ...] = ()
    tags: Annotated[Mapping[str, str], Field(max_length=40)] = {}
    notify: _Notify = _Notify()
    clusters: tuple[_Cluster, ...] = ()
    poller: _Poller | None = None


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file that was read, or none. ``given``: the values that the command line's context may give, too."""

    given: Mapping[str, str] = field(default_factory=dict)
    document: _Document = field(default_factory=_Document)

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Read it; where there is no such file, nothing is set.

        :raises PropertyError: it isn't TOML, or a value is wrong or unknown: each of them is named.
        """
        if not path.is_file():
            return cls()
        try:
            document = _Document.model_validate(tomllib.loads(path.read_text()))
        except tomllib.TOMLDecodeError as error:
            raise PropertyError(f"{path} isn't TOML: {error}") from None
        except ValidationError as error:
            wrong = (f"{'.'.join(map(str, each['loc']))}: {_words(each['type'])}" for each in error.errors())
            raise PropertyError(f"{path}: {'; '.join(wrong)}") from None
        texts = {"stage": document.stage, "central_account": document.central_account}
        given = {name: text for name, text in texts.items() if text}
        if document.regions:
            given["regions"] = ",".join(document.regions)
        return cls(given, document)

    def apply(self, stage: StageConfig) -> StageConfig:
        """Return the stage with the file's values in it.

        :raises PropertyError: a value that the stage refuses.
        """
        document, notify = self.document, self.document.notify
        monitoring = stage.monitoring
        if notify.pages or notify.tickets:
            monitoring = replace(monitoring, pages=notify.pages, tickets=notify.tickets)
        found = replace(stage, monitoring=monitoring, tags={**stage.tags, **document.tags})
        if document.clusters:
            clusters = (
                Cluster(cluster_id=each.cluster_id, region=each.region, identity=each.identity())
                for each in document.clusters
            )
            found = replace(found, clusters=tuple(clusters))
        if document.poller is not None:
            poller = document.poller
            found = replace(
                found,
                host=Host(poller.host),
                poller_identity=poller.identity(),
                record_log_groups=poller.record_log_groups,
            )
        return found


_WORDS: Final = {
    "extra_forbidden": "is no setting",
    "missing": "is missing",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "model_type": "must be a table",
    "literal_error": "must be poller or both",
}


def _words(kind: str) -> str:
    return _WORDS.get(kind, "is wrong")
