"""Stacks and the names in their outputs: each exists, and the functions have the right ones."""

from collections.abc import Callable
from typing import Final

from cli.doctor.deployment import DeployedRegion, Finding, missing
from cli.installation import STACKS

ENVIRONMENTS: Final = {
    "ProcessorFunctionName": {
        "CENTRAL_BUCKET": "CentralBucketName",
        "TENANT_CONFIG_TABLE": "TenantConfigTableName",
        "TENANTS_TABLE": "TenantsTableName",
        "PARKED_DELIVERIES_TABLE": "ParkedDeliveriesTableName",
        "DELIVERY_QUEUE_URL": "DeliveryQueueUrl",
        "OBJECT_DLQ_URL": "ObjectDlqUrl",
        "DELIVERY_DLQ_URL": "DeliveryDlqUrl",
    },
    "ResumptionFunctionName": {
        "CENTRAL_BUCKET": "CentralBucketName",
        "TENANT_CONFIG_TABLE": "TenantConfigTableName",
        "TENANTS_TABLE": "TenantsTableName",
        "PARKED_DELIVERIES_TABLE": "ParkedDeliveriesTableName",
        "DELIVERY_QUEUE_URL": "DeliveryQueueUrl",
    },
    "ReconciliationFunctionName": {
        "CENTRAL_BUCKET": "CentralBucketName",
        "PARKED_DELIVERIES_TABLE": "ParkedDeliveriesTableName",
        "OBJECT_QUEUE_URL": "ObjectQueueUrl",
        "RECORD_LOG_GROUPS": "RecordLogGroupNames",
    },
}
"""Each function's variables, and the output that each must be."""


def stacks_are_whole(deployment: DeployedRegion) -> list[Finding]:
    """No stack stopped half-way."""
    findings: list[Finding] = []
    for part in STACKS:
        name = f"LogRouter{part}-{deployment.sources.installation.clients.region}"
        with missing(findings, f"stack {name}"):
            (stack,) = deployment.clients.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
            status = stack["StackStatus"]
            if not status.endswith("_COMPLETE") or "ROLLBACK" in status:
                change = "read the stack's events, fix what failed, deploy it again"
                findings.append(Finding(f"stack {name}", f"is {status}", change))
    return findings


def names_exist(deployment: DeployedRegion) -> list[Finding]:
    """Every resource that the outputs name exists."""
    findings: list[Finding] = []
    for output, look in _LOOKS.items():
        name = deployment.output(output)
        if name:
            with missing(findings, f"{output} {name}"):
                look(deployment, name)
    for group in filter(None, deployment.output("RecordLogGroupNames").split(",")):
        with missing(findings, f"log group {group}"):
            found = deployment.clients.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
            if group not in [each["logGroupName"] for each in found]:
                change = "deploy LogRouterProcessing, or correct record_log_groups of the stage"
                findings.append(Finding(f"log group {group}", "isn't there: its records can't be read", change))
    return findings


_LOOKS: Final[dict[str, Callable[[DeployedRegion, str], object]]] = {
    "CentralBucketName": lambda deployment, name: deployment.clients.client("s3").head_bucket(Bucket=name),
    "NotificationTopicArn": lambda deployment, arn: deployment.clients.client("sns").get_topic_attributes(TopicArn=arn),
    **{
        output: lambda deployment, name: deployment.clients.client("dynamodb").describe_table(TableName=name)
        for output in ("TenantsTableName", "TenantConfigTableName", "AlertRulesTableName", "ParkedDeliveriesTableName")
    },
    **{
        output: lambda deployment, url: deployment.clients.client("sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=["QueueArn"]
        )
        for output in ("ObjectQueueUrl", "DeliveryQueueUrl", "ObjectDlqUrl", "DeliveryDlqUrl")
    },
}


def functions_know_the_names(deployment: DeployedRegion) -> list[Finding]:
    """The functions' variables are what the stacks say."""
    findings: list[Finding] = []
    for output, variables in ENVIRONMENTS.items():
        name = deployment.output(output)
        if not name:
            continue
        with missing(findings, f"function {name}"):
            given = deployment.function(output).get("Environment", {}).get("Variables", {})
            for variable, wanted in variables.items():
                if not _is_right(variable, given.get(variable), deployment.output(wanted)):
                    wrong = f"{variable} is {given.get(variable)!r}, not {deployment.output(wanted)!r}"
                    change = "deploy LogRouterProcessing: the function's environment was changed by hand"
                    findings.append(Finding(f"function {name}", wrong, change))
    return findings


def _is_right(variable: str, value: str | None, output: str) -> bool:
    """Whether a variable is what an output says; the reconciler needs the records of the inside's processors alone."""
    if variable == "RECORD_LOG_GROUPS" and value:
        return set(value.split(",")) <= set(output.split(","))
    return value == output
