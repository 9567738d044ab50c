import pytest
from aws_cdk import Aws
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.notification_topic import NotificationTopic


def test_only_own_buckets_may_publish(stack, topic):
    """Any bucket of any account could feed the queue with keys of its choice."""
    Template.from_stack(stack).has_resource_properties(
        "AWS::SNS::TopicPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Principal": {"Service": "s3.amazonaws.com"},
                                "Condition": {
                                    "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
                                    "ArnLike": {
                                        "aws:SourceArn": stack.resolve(f"arn:{Aws.PARTITION}:s3:::unitundertest*")
                                    },
                                },
                            }
                        )
                    ]
                )
            }
        },
    )


def test_publishing_without_tls_is_denied(stack, topic):
    """Object names, which carry tenants' ids, could travel in clear."""
    Template.from_stack(stack).has_resource_properties(
        "AWS::SNS::TopicPolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})]
                )
            }
        },
    )


def test_s3_may_use_the_key_of_an_encrypted_topic(stack):
    """With a customer managed key S3 couldn't notify, and no object would ever be processed."""
    NotificationTopic(stack, "Encrypted", encryption_key=kms.Key(stack, "Key"))
    Template.from_stack(stack).has_resource_properties(
        "AWS::KMS::Key",
        {
            "KeyPolicy": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Principal": {"Service": "s3.amazonaws.com"},
                                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                                "Condition": Match.object_like(
                                    {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
                                ),
                            }
                        )
                    ]
                )
            }
        },
    )


def test_a_pattern_of_every_bucket_is_refused(stack):
    """The source condition would be there and mean nothing."""
    with pytest.raises(PropertyError, match="bucket_name_pattern"):
        NotificationTopic(stack, "Open", bucket_name_pattern="*")
