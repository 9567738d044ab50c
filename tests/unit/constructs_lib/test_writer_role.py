import pytest
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.writer_role import WriterRole


def statements(stack):
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    return [statement for policy in policies for statement in policy["Properties"]["PolicyDocument"]["Statement"]]


def test_may_put_its_own_clusters_objects_and_nothing_else(stack, bucket, identity):
    """One compromised cluster could forge, read or delete another tenant's logs."""
    WriterRole(stack, "Writer", bucket=bucket, cluster_id="c-1", identity=identity)
    assert statements(stack) == [
        {
            "Sid": "PutOwnClustersObjects",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": stack.resolve(f"{bucket.bucket_arn}/tenant_id=*/cluster_id=c-1/*"),
        },
        {
            "Sid": "PutAgentMetrics",
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringEquals": {"cloudwatch:namespace": "LogRouter/Agent"}},
        },
    ]


def test_is_assumed_through_web_identity_alone(stack, bucket, identity):
    """The role would be open to the account's users, or to every pod."""
    WriterRole(stack, "Writer", bucket=bucket, cluster_id="c-1", identity=identity)
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Role",
        {
            "AssumeRolePolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Principal": {"Federated": identity.provider_arn},
                        "Condition": Match.any_value(),
                    }
                ]
            }
        },
    )


def test_may_encrypt_but_not_decrypt_with_the_buckets_key(stack, encrypted_bucket, identity):
    """Without it no object could be written into an encrypted bucket; with Decrypt a cluster could read."""
    WriterRole(stack, "Writer", bucket=encrypted_bucket, cluster_id="c-1", identity=identity)
    assert [s["Action"] for s in statements(stack)] == [
        "s3:PutObject",
        "cloudwatch:PutMetricData",
        "kms:GenerateDataKey",
    ]


@pytest.mark.parametrize("cluster_id", ["", "*", "a/b", "a*", "${aws:username}", "c?", "x" * 256])
def test_a_cluster_id_that_widens_the_policy_is_refused(stack, bucket, identity, cluster_id):
    """The id stands in a resource pattern: ``*`` would mean every cluster."""
    with pytest.raises(PropertyError, match="cluster_id"):
        WriterRole(stack, "Writer", bucket=bucket, cluster_id=cluster_id, identity=identity)
