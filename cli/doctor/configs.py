"""The tables, the tenants' delivery configs, and the roles, tried for real by the deployed processor."""

import json
from collections.abc import Iterable
from typing import Any, Final

from cli.doctor.deployment import DeployedRegion, Finding, missing

EXPIRING: Final = ("TenantConfigTableName", "ParkedDeliveriesTableName")


def tables_are_set_up(deployment: DeployedRegion) -> list[Finding]:
    """Items expire, and the table's stream reports changed configs."""
    findings: list[Finding] = []
    dynamodb = deployment.clients.client("dynamodb")
    for output in EXPIRING:
        table = deployment.output(output)
        with missing(findings, f"table {table}"):
            live = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
            if live.get("TimeToLiveStatus") != "ENABLED" or live.get("AttributeName") != "ttl":
                wrong = "expired items are never deleted: time to live isn't enabled"
                findings.append(Finding(f"table {table}", wrong, "deploy LogRouterStorage"))
    table = deployment.output("TenantConfigTableName")
    with missing(findings, f"table {table}"):
        if not dynamodb.describe_table(TableName=table)["Table"].get("LatestStreamArn"):
            wrong = "has no stream: a changed config doesn't resume what is parked"
            findings.append(Finding(f"table {table}", wrong, "deploy LogRouterStorage"))
    return findings


def configs_are_valid(deployment: DeployedRegion, tenants: Iterable[str]) -> list[Finding]:
    """Every item of these tenants can be read as a config."""
    return [
        Finding(
            f"config {tenant} {item.type}", f"delivers nothing: {item.problem}", "correct it: logrouter config patch"
        )
        for tenant in tenants
        for item in deployment.sources.configs.fetch_tenant(tenant).invalid
    ]


def roles_can_be_assumed(deployment: DeployedRegion, tenants: Iterable[str]) -> list[Finding]:
    """The processor can assume both hops for each enabled config, under the tenant's session policy."""
    name = deployment.output("ProcessorFunctionName")
    findings: list[Finding] = []
    if not name:
        return findings  # a poller's stage: nobody can be asked
    for tenant in tenants:
        for config in deployment.sources.configs.fetch_tenant(tenant).configs:
            if config.enabled:
                with missing(findings, f"function {name}"):
                    findings += _probe(deployment, name, tenant, config.type)
    return findings


def _probe(deployment: DeployedRegion, function: str, tenant: str, type_: str) -> list[Finding]:
    asked = json.dumps({"probe": {"tenant_id": tenant, "type": type_}}).encode()
    answer = deployment.clients.client("lambda").invoke(FunctionName=function, Payload=asked)
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        return [Finding(f"function {function}", f"failed: {found.get('errorMessage', '')}", "check its log")]
    failure = found["failure"]
    if not failure:
        return []
    call = f"{failure['action']} on {failure['resource']}" if failure.get("action") else failure["detail"]
    return [Finding(f"roles of {tenant} {type_}", f"{failure['reason']}: {call}", failure["next_step"])]
