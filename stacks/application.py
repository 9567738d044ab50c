"""Which stacks there are: one role; in each Region storage, collection, outside, processing, API, monitoring."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aws_cdk import App, Environment, Validations
from aws_cdk import aws_lambda as lambda_
from cdk_nag import AwsSolutionsChecks

from constructs_lib.limits import require
from stacks.api_stack import ApiStack
from stacks.central_role_stack import CentralRoleStack
from stacks.collection_stack import CollectionStack
from stacks.customer_stack import CustomerStack
from stacks.monitoring_stack import MonitoringStack
from stacks.outside_stack import OutsideStack
from stacks.processing_stack import ProcessingStack
from stacks.stages import StageConfig
from stacks.storage_stack import StorageStack

_HERE: Final = Path(__file__).resolve().parent
CDK_JSON: Final = next(file for file in (_HERE / "cdk.json", _HERE.parent / "cdk.json") if file.is_file())
"""The wheel has it beside this module, a checkout in its root, where the CDK's command line looks for it."""


def new_app(outdir: str | None = None) -> App:
    """Make an app under the feature flags of ``cdk.json``, as the command line does: templates must not differ.

    :param outdir: where the cloud assembly goes; the command line says where, or a temporary directory.
    """
    flags = json.loads(CDK_JSON.read_text())["context"]
    return App(outdir=outdir, context=flags, analytics_reporting=False)


def add_central_stacks(
    app: App,
    *,
    stage: StageConfig,
    account: str,
    code: Callable[[], lambda_.Code],
    api_code: Callable[[], lambda_.Code],
    outside_code: Callable[[], lambda_.Code] | None = None,
) -> list[ProcessingStack]:
    """Add the provider's side: ``LogRouterCentralRole`` and, for each Region, ``LogRouter<part>-<region>``.

    :param account: the central account's 12 digits.
    :param code: makes the processor's code; ``api_code`` the API's; ``outside_code`` the outside processor's, which is
        only made where the stage has one.
    :returns: the Regions' processing stacks, in the stage's order.
    """
    require(holds=bool(stage.regions), constraint="stage.regions must name at least one Region")
    home = Environment(account=account, region=stage.regions[0])
    role = CentralRoleStack(
        app, "LogRouterCentralRole", env=home, tags=stage.tags, termination_protection=stage.termination_protection
    )
    return [
        _add_region(
            app,
            env=Environment(account=account, region=region),
            stage=stage,
            role=role,
            code=code,
            api_code=api_code,
            outside_code=outside_code,
        )
        for region in stage.regions
    ]


def _add_region(
    app: App,
    *,
    env: Environment,
    stage: StageConfig,
    role: CentralRoleStack,
    code: Callable[[], lambda_.Code],
    api_code: Callable[[], lambda_.Code],
    outside_code: Callable[[], lambda_.Code] | None,
) -> ProcessingStack:
    region = env.region
    storage = StorageStack(app, f"LogRouterStorage-{region}", env=env, stage=stage)
    collection = CollectionStack(app, f"LogRouterCollection-{region}", env=env, stage=stage, storage=storage)
    outside = _outside(app, env=env, stage=stage, storage=storage, code=code, outside_code=outside_code)
    processing = ProcessingStack(
        app,
        f"LogRouterProcessing-{region}",
        env=env,
        stage=stage,
        storage=storage,
        collection=collection,
        code=code,
        outside=outside,
    )
    # By name only, so that CloudFormation doesn't know: the policy is attached to the role that must be there.
    processing.add_stack_dependency(role)
    api = ApiStack(
        app,
        f"LogRouterApi-{region}",
        env=env,
        stage=stage,
        storage=storage,
        tester=processing.tester.function,
        code=api_code,
    )
    MonitoringStack(
        app,
        f"LogRouterMonitoring-{region}",
        env=env,
        stage=stage,
        storage=storage,
        collection=collection,
        processing=processing,
        api=api,
        outside=outside,
        code=code,
    )
    return processing


def _outside(
    app: App,
    *,
    env: Environment,
    stage: StageConfig,
    storage: StorageStack,
    code: Callable[[], lambda_.Code],
    outside_code: Callable[[], lambda_.Code] | None,
) -> OutsideStack | None:
    """Add a Region's outside, where the stage has one."""
    if stage.outside is None:
        return None
    assert outside_code is not None, "a stage with an outside processor needs its code"
    return OutsideStack(
        app,
        f"LogRouterOutside-{env.region}",
        env=env,
        stage=stage,
        settings=stage.outside,
        storage=storage,
        code=code,
        outside_code=outside_code,
    )


def add_customer_stack(app: App, *, stack_name: str = "LogRouterCustomer") -> CustomerStack:
    """Add the customer's side: one stack with parameters, for whatever account and Region it is deployed in.

    Its id is its name: the command line finds a stack by its id.
    """
    return CustomerStack(app, stack_name, stack_name=stack_name)


def check_every_synthesis(app: App) -> None:
    """Let cdk-nag's AwsSolutions rules judge every synthesis; an unacknowledged finding ends it."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
