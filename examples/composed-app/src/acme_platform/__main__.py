"""The app: `npx cdk deploy` runs it."""

import os

from aws_cdk import Environment

from acme_platform.logs_stack import LogsStack
from constructs_lib.web_identity import WebIdentity
from stacks.application import check_every_synthesis, new_app

account = os.environ.get("CDK_DEFAULT_ACCOUNT", "111111111111")
region = os.environ.get("CDK_DEFAULT_REGION", "eu-west-1")

app = new_app()  # under the feature flags that logrouter's templates are tested with
LogsStack(
    app,
    "AcmeLogs",
    env=Environment(account=account, region=region),
    clusters={
        "acme-1": WebIdentity(
            provider_arn=f"arn:aws:iam::{account}:oidc-provider/oidc.eks.{region}.amazonaws.com/id/ACME1",
            namespace="logging",
            service_account="agent",
        )
    },
)
check_every_synthesis(app)  # cdk-nag's AwsSolutions rules; leave it out where the app has checks of its own
app.synth()
