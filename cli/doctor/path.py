"""The path of a notification: bucket, topic, queues, event sources."""

import json
from typing import TYPE_CHECKING, Any, Final

from cli.doctor.deployment import DeployedRegion, Finding, missing, name_of, statements
from cli.operation.queues import DELAYED, IN_FLIGHT, VISIBLE

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef
    from mypy_boto3_s3.type_defs import TopicConfigurationOutputTypeDef

PREFIX: Final = "tenant_id="
VISIBILITY_FACTOR: Final = 6
REDRIVE: Final = {"ObjectQueueUrl": "ObjectDlqUrl", "DeliveryQueueUrl": "DeliveryDlqUrl"}
EMPTY: Final = {
    "ObjectDlqUrl": "logrouter redrive objects --dry-run",
    "DeliveryDlqUrl": "logrouter redrive deliveries --dry-run",
    "UndeliveredNotificationsUrl": "fix the topic's subscription; logrouter reconcile finds the objects",
}


def bucket_notifies(deployment: DeployedRegion) -> list[Finding]:
    """The bucket notifies the topic of every new object under ``tenant_id=``."""
    bucket, topic = deployment.output("CentralBucketName"), deployment.output("NotificationTopicArn")
    findings: list[Finding] = []
    with missing(findings, f"bucket {bucket}"):
        found = deployment.clients.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        notified = [each for each in found.get("TopicConfigurations", ()) if each["TopicArn"] == topic]
        if not any(_of_all_objects(each) for each in notified):
            wrong = f"doesn't notify {topic} of new objects under {PREFIX}"
            findings.append(Finding(f"bucket {bucket}", wrong, "deploy LogRouterStorage: its notification was changed"))
    return findings


def _of_all_objects(configuration: "TopicConfigurationOutputTypeDef") -> bool:
    rules = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    prefixes = [rule["Value"] for rule in rules if rule["Name"].lower() == "prefix"]
    others = [rule for rule in rules if rule["Name"].lower() != "prefix"]
    return "s3:ObjectCreated:*" in configuration["Events"] and prefixes in ([], [PREFIX]) and not others


def topic_reaches_queue(deployment: DeployedRegion) -> list[Finding]:
    """The topic is subscribed by the object queue, and the queue's policy lets it in."""
    topic = deployment.output("NotificationTopicArn")
    findings: list[Finding] = []
    with missing(findings, f"topic {topic}"):
        queue = deployment.queue("ObjectQueueUrl")
        pages = deployment.clients.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        endpoints = [each["Endpoint"] for page in pages for each in page["Subscriptions"]]
        name = name_of(queue["QueueArn"])
        if queue["QueueArn"] not in endpoints:
            wrong = f"isn't subscribed to {topic}"
            findings.append(Finding(f"queue {name}", wrong, "deploy LogRouterCollection: the subscription is gone"))
        if not any(_lets_in(statement, topic) for statement in statements(queue.get("Policy"))):
            wrong = f"has no policy that lets {topic} send to it"
            findings.append(Finding(f"queue {name}", wrong, "deploy LogRouterCollection: its policy was changed"))
    return findings


def _lets_in(statement: dict[str, Any], topic: str) -> bool:
    principal = statement.get("Principal")
    service = principal.get("Service") if isinstance(principal, dict) else None
    names = service if isinstance(service, list) else [service]
    return (
        statement["Effect"] == "Allow" and "sns.amazonaws.com" in names and topic in json.dumps(statement["Condition"])
    )


def queues_redrive(deployment: DeployedRegion) -> list[Finding]:
    """Each queue's dead letters go to its own dead-letter queue, and those are empty."""
    findings: list[Finding] = []
    for output, dead_letters in REDRIVE.items():
        name = name_of(deployment.output(output))
        with missing(findings, f"queue {name}"):
            policy = json.loads(deployment.queue(output).get("RedrivePolicy") or "{}")
            wanted = deployment.queue(dead_letters)["QueueArn"]
            if policy.get("deadLetterTargetArn") != wanted:
                wrong = f"doesn't send its dead letters to {name_of(wanted)}"
                findings.append(
                    Finding(f"queue {name}", wrong, "deploy its stack again: its redrive policy was changed")
                )
    for output, change in EMPTY.items():
        name = name_of(deployment.output(output))
        with missing(findings, f"queue {name}"):
            waiting = sum(int(deployment.queue(output).get(state, 0)) for state in (VISIBLE, IN_FLIGHT, DELAYED))
            if waiting:
                findings.append(
                    Finding(f"queue {name}", f"{output.removesuffix('Url')} holds {waiting:,} messages", change)
                )
    return findings


def function_reads_queues(deployment: DeployedRegion) -> list[Finding]:
    """The processor's function is fed by both queues, and reports what failed by message."""
    name = deployment.output("ProcessorFunctionName")
    findings: list[Finding] = []
    if not name:
        return findings  # a poller's stage
    with missing(findings, f"function {name}"):
        timeout = int(deployment.function("ProcessorFunctionName")["Timeout"])
        for output in REDRIVE:
            queue, attributes = name_of(deployment.output(output)), deployment.queue(output)
            findings += _fed(_source(deployment, attributes["QueueArn"], name), name, queue)
            if int(attributes["VisibilityTimeout"]) < VISIBILITY_FACTOR * timeout:
                wrong = f"shows a message again before {VISIBILITY_FACTOR} times the function's {timeout} s are over"
                findings.append(Finding(f"queue {queue}", wrong, "raise the stage's visibility_timeout, and deploy"))
    return findings


def _source(
    deployment: DeployedRegion, queue_arn: str, function: str
) -> "EventSourceMappingConfigurationTypeDef | None":
    """Find by the queue what feeds the function, or its alias: a list by function leaves out what feeds an alias."""
    pages = (
        deployment.clients.client("lambda")
        .get_paginator("list_event_source_mappings")
        .paginate(EventSourceArn=queue_arn)
    )
    return next(
        (each for page in pages for each in page["EventSourceMappings"] if function in each["FunctionArn"].split(":")),
        None,
    )


def _fed(mapping: "EventSourceMappingConfigurationTypeDef | None", function: str, queue: str) -> list[Finding]:
    if mapping is None:
        return [
            Finding(f"function {function}", f"isn't fed by {queue}", "deploy LogRouterProcessing: the source is gone")
        ]
    findings = []
    if mapping["State"] not in ("Enabled", "Enabling"):
        change = f"aws lambda update-event-source-mapping --enabled --uuid {mapping['UUID']}"
        findings.append(Finding(f"function {function}", f"its source {queue} is {mapping['State'].lower()}", change))
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", ()):
        wrong = f"one failed message of {queue} brings back the whole batch"
        findings.append(Finding(f"function {function}", wrong, "deploy LogRouterProcessing: the source was changed"))
    return findings
