"""Deploying into the profiles' accounts, as a provider and two customers would."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from local.deployment.command_line import CommandLine, Outputs
from local.deployment.deploy import MANAGED_POLICY, api_url, central_stacks, environment_of, output
from local.deployment.environment_file import LocalEnvironment
from local.deployment.onboarding import STACK, onboard, put_delivery_configs
from local.paths import ROOT
from local.toolchain.cdk import cdk_command
from local.verification.assembly import stacks_in_order
from local.verification.profiles import Profiles
from local.verification.record import Made
from local.verification.removal import stack_status

APP = ROOT / "local" / "verification" / "app.py"
QUALIFIER = "lrverify"
TOOLKIT = "LogRouterVerifyToolkit"
"""A bootstrap of its own: the account's, if there is one, is neither used nor touched."""


class AlreadyThereError(Exception):
    """A stack of the same name is there: it isn't this run's to replace or to remove."""


@dataclass(frozen=True)
class AwsDeployment:
    """Deploys for one central account and the customers' accounts, by tenant.

    :param report: gets the name of each step as it begins.
    """

    accounts: Profiles
    central_account: str
    customers: dict[str, str]
    home: Path
    report: Callable[[str], None]

    @cached_property
    def command_line(self) -> CommandLine:
        """The cdk command line, installed when it is first needed."""
        context = {
            "central_account": self.central_account,
            "region": self.accounts.region,
            "@aws-cdk/core:bootstrapQualifier": QUALIFIER,
        }
        cdk = cdk_command(self.home / "logs")
        return CommandLine(cdk, self.home, self.accounts.region, APP, self.accounts.variables, context)

    def synthesize(self) -> None:
        """Make the assembly."""
        for folder in ("home", "tmp"):
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        self.report("synthesizing the stacks")
        self.command_line.synthesize()

    def planned(self) -> Made:
        """Return what a run makes. Raises ``AlreadyThereError`` where any of it is there."""
        central = [(self.central_account, name) for name in self._central_stacks()]
        stacks = [(self.central_account, TOOLKIT), *central, *((account, STACK) for account in self.customers.values())]
        for account, name in stacks:
            if stack_status(self.accounts.client("cloudformation", account), name):
                raise AlreadyThereError(
                    f"{account} has a stack {name} in {self.accounts.region} already: choose another account or "
                    "Region, or remove what an earlier run left (VERIFY_ARGS=--remove)"
                )
        bucket = f"cdk-{QUALIFIER}-assets-{self.central_account}-{self.accounts.region}"
        account = self.accounts.client("apigateway", self.central_account).get_account()
        return Made(
            region=self.accounts.region,
            central_account=self.central_account,
            stacks=stacks,
            buckets=[(self.central_account, bucket)],  # the CDK's bootstrap retains it
            logging_role=account.get("cloudwatchRoleArn", ""),
        )

    def run(self) -> LocalEnvironment:
        """Bootstrap, deploy the central stacks, onboard the customers, make their configs through the API."""
        self.report(f"bootstrapping {self.central_account}")
        more = ("--toolkit-stack-name", TOOLKIT, "--qualifier", QUALIFIER)
        self.command_line.bootstrap(self.central_account, *more, "--cloudformation-execution-policies", MANAGED_POLICY)
        self.report("deploying the central account")
        outputs: Outputs = self.command_line.deploy(
            self.central_account, *self._central_stacks(), "--toolkit-stack-name", TOOLKIT, parameters={}
        )
        self.report(f"onboarding {' and '.join(self.customers)}")
        role = output(outputs, "CentralLogDistributionRoleArn")
        tenants = [onboard(self.command_line, tenant, account, role) for tenant, account in self.customers.items()]
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        address = output(outputs, "ApiUrl")
        environment = environment_of(
            outputs,
            tenants,
            endpoint_url=endpoint,
            region=self.accounts.region,
            central_account=self.central_account,
            api_url=api_url(endpoint, address) if endpoint else address,
        )
        environment.save(self.home)
        client = self.accounts.api_client(environment.api_url, self.central_account)
        for tenant in tenants:
            put_delivery_configs(client, tenant)
        return environment

    def _central_stacks(self) -> list[str]:
        mine = set(central_stacks(self.command_line.assembly, self.central_account))
        return [name for name in stacks_in_order(self.command_line.assembly) if name in mine]
