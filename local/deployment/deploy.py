"""All steps of a deployment, in order, concurrently where they don't depend on each other."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from local import cluster
from local.accounts import EmbeddedAccounts
from local.deployment.code_update import CodeUpdate, DeployedSources, build_assets, infrastructure_digest
from local.deployment.command_line import ASSEMBLY, CommandLine, Outputs
from local.deployment.environment_file import LocalEnvironment
from local.deployment.onboarding import CUSTOMERS, OnboardedTenant, onboard, put_delivery_configs
from local.emulator import CENTRAL_ACCOUNT
from local.paths import IMPORTED, ROOT
from local.processes import command_threads
from local.toolchain.cdk import cdk_command

type Report = Callable[[str], None]

APP = ROOT / "local" / "embedded_app.py"
APP_SOURCES = tuple(ROOT / "local" / f"{name}.py" for name in ("cluster", "emulator", "paths"))
APP_FILES = (APP, *APP_SOURCES)

MANAGED_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
"""What CloudFormation may do in a bootstrapped account. The CDK's default is the same, but not with --trust."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Deploys into the emulator at ``accounts.endpoint_url``.

    :param report: gets the name of each step as it begins.
    :param config_cache_seconds: how long the processor remembers delivery configs.
    """

    accounts: EmbeddedAccounts
    home: Path
    report: Report
    config_cache_seconds: int = 0

    def update(self) -> str:
        """Bring what has changed since the deployment into the running cloud; return a sentence that says what."""
        deployed = DeployedSources.load(self.home)
        if deployed is None or deployed.infrastructure != infrastructure_digest(deployed.imported, APP_FILES):
            self.run()
            return "deployed again"
        self.report("building what the functions run")
        assets = build_assets()
        changed = {name: asset for name, asset in assets.items() if deployed.running[name] != asset.directory.name}
        if not changed:
            return "nothing has changed since it was deployed"
        self.report("bringing the changed code into its functions")
        updated = CodeUpdate(self.accounts, self.home / ASSEMBLY).run(deployed.synthesized, changed)
        running = deployed.running | {name: asset.directory.name for name, asset in changed.items()}
        replace(deployed, running=running).save(self.home)
        return f"only code has changed: {len(updated)} functions have the new one"

    def run(self) -> LocalEnvironment:
        """Deploy both sides and write `environment.json`."""
        before = DeployedSources.load(self.home)
        if before:
            replace(before, infrastructure="").save(self.home)  # whatever becomes of this: the next one is whole
        self.report("installing the cdk command line")
        cdk = cdk_command(self.home / "logs")
        context = {"config_cache": str(self.config_cache_seconds)}
        command_line = CommandLine(
            cdk, self.home, self.accounts.region, APP, self.accounts.variables, context, APP_SOURCES
        )
        with command_threads() as pool:
            outputs, tenants = self._deploy(command_line, pool)
        self.report("making the delivery configs through the API")
        environment = environment_of(
            outputs,
            tenants,
            endpoint_url=self.accounts.endpoint_url,
            region=self.accounts.region,
            central_account=CENTRAL_ACCOUNT,
            api_url=api_url(self.accounts.endpoint_url, output(outputs, "ApiUrl")),
        )
        self._record(before)
        environment.save(self.home)
        client = self.accounts.api_client(environment.api_url, CENTRAL_ACCOUNT)
        for tenant in tenants:
            put_delivery_configs(client, tenant)
        return environment

    def _record(self, before: DeployedSources | None) -> None:
        """Note what was deployed. Functions that have got code without a deployment get what the templates say."""
        assets = build_assets()
        names = {name: asset.directory.name for name, asset in assets.items()}
        imported = json.loads((self.home / ASSEMBLY / IMPORTED).read_text())
        if before and before.running != before.synthesized:
            CodeUpdate(self.accounts, self.home / ASSEMBLY).run(names, assets)
        DeployedSources(infrastructure_digest(imported, APP_FILES), imported, names, names).save(self.home)

    def _deploy(self, command_line: CommandLine, pool: ThreadPoolExecutor) -> tuple[Outputs, list[OnboardedTenant]]:
        """Synthesize and bootstrap at once, then deploy the central account, then all customers at once."""
        self.report("synthesizing the stacks, bootstrapping three accounts")
        prepared = [pool.submit(self._bootstrap, command_line, account) for account in self._all_accounts()]
        for step in [pool.submit(command_line.synthesize), *prepared]:
            step.result()
        self.report("deploying the central account")
        self._make_identity_provider()
        self._make_cluster_log_group()
        outputs = command_line.deploy(CENTRAL_ACCOUNT, *central_stacks(command_line.assembly), parameters={})
        role = output(outputs, "CentralLogDistributionRoleArn")
        self.report(f"onboarding {' and '.join(CUSTOMERS)}")
        onboarded = [pool.submit(onboard, command_line, tenant, account, role) for tenant, account in CUSTOMERS.items()]
        return outputs, [tenant.result() for tenant in onboarded]

    def _all_accounts(self) -> list[str]:
        return [CENTRAL_ACCOUNT, *CUSTOMERS.values()]

    def _bootstrap(self, command_line: CommandLine, account: str) -> None:
        trust = () if account == CENTRAL_ACCOUNT else ("--trust", CENTRAL_ACCOUNT)
        command_line.bootstrap(account, *trust, "--cloudformation-execution-policies", MANAGED_POLICY)

    def _make_identity_provider(self) -> None:
        """Register the cluster's issuer, which in AWS comes with the cluster."""
        iam = self.accounts.client("iam", CENTRAL_ACCOUNT)
        with suppress(iam.exceptions.EntityAlreadyExistsException):  # deployed before
            iam.create_open_id_connect_provider(
                Url=f"https://{cluster.ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
            )

    def _make_cluster_log_group(self) -> None:
        """Make the log group of the cluster's own log collection, which in AWS comes with the cluster."""
        logs = self.accounts.client("logs", CENTRAL_ACCOUNT)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):  # deployed before
            logs.create_log_group(logGroupName=cluster.POLLER_LOG_GROUP)


def environment_of(
    outputs: Outputs,
    tenants: list[OnboardedTenant],
    *,
    endpoint_url: str,
    region: str,
    central_account: str,
    api_url: str,
) -> LocalEnvironment:
    """Return what is deployed where, of the central stacks' outputs and the customers'."""
    return LocalEnvironment(
        endpoint_url=endpoint_url,
        region=region,
        central_account=central_account,
        customer_accounts=[tenant.destinations.account for tenant in tenants],
        central_bucket=output(outputs, "CentralBucketName"),
        object_queue_url=output(outputs, "ObjectQueueUrl"),
        object_dlq_url=output(outputs, "ObjectDlqUrl"),
        delivery_queue_url=output(outputs, "DeliveryQueueUrl"),
        delivery_dlq_url=output(outputs, "DeliveryDlqUrl"),
        tenant_config_table=output(outputs, "TenantConfigTableName"),
        api_url=api_url,
        central_log_distribution_role_arn=output(outputs, "CentralLogDistributionRoleArn"),
        processor_function_name=output(outputs, "ProcessorFunctionName"),
        tenants={tenant.tenant_id: tenant.destinations for tenant in tenants},
        outside_queue_url=next(
            (found["OutsideQueueUrl"] for found in outputs.values() if "OutsideQueueUrl" in found), ""
        ),
    )


def output(outputs: Outputs, name: str) -> str:
    """Return the one output of this name among all stacks'."""
    (value,) = [found[name] for found in outputs.values() if name in found]
    return value


def api_url(endpoint_url: str, aws_url: str) -> str:
    """Return the emulator's address of an API, of the one that the stack printed for AWS."""
    found = re.match(r"https://(\w+)\.[^/]+/(\w+)", aws_url)
    assert found, aws_url
    return f"{endpoint_url}/_aws/execute-api/{found[1]}/{found[2]}"


def central_stacks(assembly: Path, account: str = CENTRAL_ACCOUNT) -> list[str]:
    """Return the names of the assembly's stacks that belong to the central account."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = {name: artifact for name, artifact in artifacts.items() if artifact["type"] == "aws:cloudformation:stack"}
    return [name for name, artifact in stacks.items() if account_of(artifact["environment"]) == account]


def account_of(environment: str) -> str:
    """Return the account of an assembly's ``aws://account/region``; it may be ``unknown-account``."""
    found = re.match(r"aws://([\w-]+)/", environment)
    assert found, environment
    return found[1]
