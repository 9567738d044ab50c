"""How the CloudFormation console shows the onboarding template: parameters in groups, with labels a person reads.

CloudFormation user guide, ``AWS::CloudFormation::Interface``.
"""

from typing import Any, Final

GROUPS: Final = {
    "From your log provider": {"TenantId": "Tenant id", "CentralRoleArn": "Central role", "ExternalId": "ExternalId"},
    "CloudWatch Logs": {
        "LogGroup": "Log group: create, existing or none",
        "LogGroupName": "Name of the log group",
        "LogGroupRetentionDays": "Days that events are kept",
        "CloudWatchEngine": "Engine of the provider",
    },
    "S3": {
        "Bucket": "Bucket: create, existing or none",
        "BucketName": "Name of the bucket",
        "BucketPrefix": "Prefix of the objects",
        "KmsKeyArn": "KMS key of the bucket",
    },
    "Other destinations, and secrets that you keep": {
        "FunctionArn": "Function that gets the events",
        "OpenSearchDomainArn": "OpenSearch Service domain",
        "OpenSearchCollectionArn": "OpenSearch Serverless collection",
        "KafkaClusterArn": "MSK cluster",
        "KafkaTopic": "Topics of the cluster",
        "SecretArn": "Secret of a delivery config",
    },
    "Alerts": {"AlertTopicArn": "Topic that alerts go to", "AlertEventBusArn": "Event bus that alerts go to"},
    "Where and whether": {"Region": "Region of an existing destination", "DeliveriesStopped": "Stop all deliveries"},
}
"""Each group's parameters with their labels, in the order of the screen."""

OUTPUTS: Final = {
    "CloudWatchDeliveryConfig": "Send this to your log provider, as it is: deliveries to your log group",
    "FunctionDeliveryConfig": "Send this to your log provider, as it is: deliveries to your function",
    "S3DeliveryConfig": "Send this to your log provider, as it is: deliveries to your bucket",
    "LogDistributionRoleArn": "The role that the provider assumes in your account",
    "LogGroupNameOut": "The log group that gets your logs",
    "BucketNameOut": "The bucket that gets your logs",
    "BucketPrefixOut": "What your objects' keys begin with",
    "BucketPolicyStatements": "Merge these statements into the policy of your bucket",
    "KeyPolicyStatement": "Merge this statement into the policy of your KMS key",
    "TemplateVersion": "The version of this template",
}
"""What each output is, as the page of the stack shows it."""


def interface() -> dict[str, Any]:
    """Return the template's metadata."""
    return {
        "AWS::CloudFormation::Interface": {
            "ParameterGroups": [
                {"Label": {"default": title}, "Parameters": [*labels]} for title, labels in GROUPS.items()
            ],
            "ParameterLabels": {
                name: {"default": label} for labels in GROUPS.values() for name, label in labels.items()
            },
        }
    }
