import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Match, Template

from constructs_lib.central_log_bucket import CentralLogBucket, ColdStorage, Transition
from constructs_lib.limits import PropertyError


def make(stack, topic, **properties):
    return CentralLogBucket(
        stack,
        "Bucket",
        **{
            "notifications": topic,
            "expire_after": Duration.days(200),
            "longest_retry": Duration.days(14),
            "removal_policy": RemovalPolicy.RETAIN,
            **properties,
        },
    )


def test_is_private_and_owned_by_its_account(stack, topic):
    """Tenants' logs would be one mistaken grant away from the public."""
    make(stack, topic)
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        },
    )


def test_tls_is_enforced(stack, topic):
    """Logs could be read or written in clear, or with a broken version of TLS."""
    make(stack, topic)
    for condition in ({"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": 1.2}}):
        Template.from_stack(stack).has_resource_properties(
            "AWS::S3::BucketPolicy",
            {
                "PolicyDocument": {
                    "Statement": Match.array_with([Match.object_like({"Effect": "Deny", "Condition": condition})])
                }
            },
        )


def test_only_log_objects_notify(stack, topic):
    """What the system itself writes (set aside) would come back as work: a loop."""
    make(stack, topic)
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "NotificationConfiguration": {
                "TopicConfigurations": [
                    {
                        "Event": "s3:ObjectCreated:*",
                        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "tenant_id="}]}},
                        "Topic": stack.resolve(topic.topic_arn),
                    }
                ]
            }
        },
    )


def test_topic_lets_it_publish_before_it_is_made(stack, topic):
    """S3 refuses a notification configuration whose topic doesn't let it in: the stack would fail."""
    make(stack, topic)
    bucket = next(iter(Template.from_stack(stack).find_resources("AWS::S3::Bucket").values()))
    policies = Template.from_stack(stack).find_resources("AWS::SNS::TopicPolicy")
    assert set(policies) <= set(bucket["DependsOn"])


def test_there_is_no_helper_function(stack, topic):
    """CDK's own notifications bring a function that may rewrite any bucket's notifications."""
    make(stack, topic)
    Template.from_stack(stack).resource_count_is("AWS::Lambda::Function", 0)


def test_lifecycle_tiers_expires_and_aborts(stack, topic):
    """Logs would be kept for ever, set-aside events too, and cut uploads would be paid for unseen."""
    make(
        stack,
        topic,
        transitions=(Transition(storage_class=ColdStorage.GLACIER_INSTANT_RETRIEVAL, after_days=90),),
        expire_set_aside_after=Duration.days(60),
    )
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "Id": "objects",
                        "Status": "Enabled",
                        "Prefix": "tenant_id=",
                        "ExpirationInDays": 200,
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 200},
                        "Transitions": [
                            {"StorageClass": "INTELLIGENT_TIERING", "TransitionInDays": 0},
                            {"StorageClass": "GLACIER_IR", "TransitionInDays": 90},
                        ],
                    },
                    {
                        "Id": "set-aside",
                        "Status": "Enabled",
                        "Prefix": "set-aside/",
                        "ExpirationInDays": 60,
                        "NoncurrentVersionExpiration": {"NoncurrentDays": 60},
                    },
                    {"Id": "delete-markers", "Status": "Enabled", "ExpiredObjectDeleteMarker": True},
                    {
                        "Id": "unfinished-uploads",
                        "Status": "Enabled",
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    },
                ]
            }
        },
    )


def test_keeps_what_is_overwritten(stack, topic):
    """A writer could take away its own objects before they are delivered."""
    make(stack, topic)
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Enabled"}}
    )


def test_is_encrypted_by_s3_without_a_key(stack, topic):
    """The default of a stage without a key must be stated, not inherited."""
    make(stack, topic)
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            }
        },
    )


def test_a_key_comes_with_a_bucket_key(stack, topic):
    """One KMS request an object would cost more than the object."""
    make(stack, topic, encryption_key=kms.Key(stack, "Key"))
    Template.from_stack(stack).has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": Match.object_like({"SSEAlgorithm": "aws:kms"}),
                    }
                ]
            }
        },
    )


def test_use_of_the_key_is_granted_only_where_there_is_one(stack, topic):
    """Roles would carry KMS permissions for keys that don't exist, or lack them for the one that does."""
    bucket = make(stack, topic, encryption_key=kms.Key(stack, "Key"))
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    bucket.grant_use_of_key(role, "kms:GenerateDataKey")
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [Match.object_like({"Action": "kms:GenerateDataKey", "Resource": Match.any_value()})]
            }
        },
    )


@pytest.mark.parametrize("policy", [RemovalPolicy.RETAIN, RemovalPolicy.DESTROY])
def test_what_happens_at_removal_is_the_stages_choice(stack, topic, policy):
    """Deleting a stack in production would delete every log not yet delivered."""
    make(stack, topic, removal_policy=policy)
    expected = "Retain" if policy is RemovalPolicy.RETAIN else "Delete"
    Template.from_stack(stack).has_resource("AWS::S3::Bucket", {"DeletionPolicy": expected})


def test_expiry_must_outlive_the_longest_retry(stack, topic):
    """A redrive from the dead-letter queue would meet NoSuchKey."""
    with pytest.raises(PropertyError, match=r"expire_after .* must be longer than longest_retry"):
        make(stack, topic, expire_after=Duration.days(14))


def test_a_transition_that_costs_more_than_it_saves_is_refused(stack, topic):
    """Objects that expire before a class's minimum duration are billed for days they didn't exist."""
    with pytest.raises(PropertyError, match="90 days that GLACIER_IR is billed for"):
        make(
            stack,
            topic,
            expire_after=Duration.days(100),
            transitions=(Transition(storage_class=ColdStorage.GLACIER_INSTANT_RETRIEVAL, after_days=30),),
        )
