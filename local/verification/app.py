"""The CDK app that `make verify-aws` deploys: both sides, nothing of which outlives its stack."""

from collections.abc import Callable
from dataclasses import replace

from aws_cdk import App, Duration, RemovalPolicies
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from stacks.application import add_central_stacks, add_customer_stack, check_every_synthesis, new_app
from stacks.bundling.packages import API
from stacks.bundling.runtime_asset import build_runtime_asset
from stacks.stages import EMBEDDED

STAGE = replace(EMBEDDED, name="verify", tuning=replace(EMBEDDED.tuning, config_cache=Duration.seconds(2)))
"""As small as the embedded one. There is no cluster here: what the agent writes, the central profile writes."""


LEAST_PENDING_DAYS = 7
"""A key can't be deleted sooner (KMS API reference, ScheduleKeyDeletion); it isn't billed meanwhile."""


def add_stacks(
    app: App, *, account: str, region: str, code: Callable[[], lambda_.Code], api_code: Callable[[], lambda_.Code]
) -> None:
    """Add both sides; every resource goes with its stack, whatever a construct says of customers' data."""
    stage = replace(STAGE, regions=(region,))
    add_central_stacks(app, stage=stage, account=account, code=code, api_code=api_code)
    add_customer_stack(app)
    RemovalPolicies.of(app).destroy()
    for node in app.node.find_all():
        if isinstance(node, kms.CfnKey):
            node.pending_window_in_days = LEAST_PENDING_DAYS


def main() -> None:
    """Synthesize for the context's ``central_account`` and ``region``."""
    app = new_app()
    account, region = (str(app.node.get_context(name)) for name in ("central_account", "region"))
    code = build_runtime_asset(STAGE.architecture).code
    api_code = build_runtime_asset(STAGE.architecture, package=API).code
    add_stacks(app, account=account, region=region, code=code, api_code=api_code)
    check_every_synthesis(app)
    app.synth()


if __name__ == "__main__":
    main()
