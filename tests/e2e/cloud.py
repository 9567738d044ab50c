"""The deployed system as tests use it: who may act in it, and what can be seen of it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cli.client import Client
from local import cluster
from local.accounts import EmbeddedAccounts
from local.deployment.environment_file import LocalEnvironment
from local.loader.send import writer_role_arn
from local.loader.writer import web_identity_token, writer_keys
from ministack_fidelity.accounts import Keys
from ministack_fidelity.identities import assume, tenant

CENTRAL, ACME, GLOBEX, FOURTH = "111111111111", "222222222222", "333333333333", "444444444444"


@dataclass(frozen=True)
class Cloud:
    """A deployment with its clients."""

    accounts: EmbeddedAccounts
    environment: LocalEnvironment
    home: Path

    def client(self, service: str, keys: Keys | str = CENTRAL, *, region: str | None = None) -> Any:
        """Return a client, by default of the central account's root."""
        return self.accounts.client(service, keys, region=region)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """All outputs of the central account's stacks."""
        stacks = json.loads((self.home / f"outputs-{CENTRAL}.json").read_text())
        return {name: value for stack in stacks.values() for name, value in stack.items()}

    @cached_property
    def writer(self) -> Keys:
        """The agent of the demo's cluster."""
        token = web_identity_token(cluster.ISSUER, cluster.subject(cluster.AGENT))
        return writer_keys(self.accounts, CENTRAL, writer_role_arn(self.home, self.environment), token)

    @cached_property
    def processor(self) -> Keys:
        """The processor's execution role, as a poller assumes it."""
        token = web_identity_token(cluster.ISSUER, cluster.subject(cluster.POLLER))
        return writer_keys(self.accounts, CENTRAL, self.outputs["ProcessorExecutionRoleArn"], token)

    def api(self, keys: Keys | str = CENTRAL) -> Client:
        """Return a client of the API, by default signed by the central account's root."""
        return self.accounts.api_client(self.environment.api_url, keys)

    def central_role(self, tenant_id: str, **more: Any) -> Keys:
        """The central role, assumed by the processor for one tenant."""
        role = self.environment.central_log_distribution_role_arn
        return assume(self.accounts, self.processor, role, Tags=tenant(tenant_id), **more)
