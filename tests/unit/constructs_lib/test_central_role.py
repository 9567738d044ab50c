import pytest
from aws_cdk.assertions import Template

from constructs_lib.central_role import CentralLogDistributionRole, CentralRoleRegionPolicy
from constructs_lib.limits import PropertyError


def role(stack):
    CentralLogDistributionRole(stack, "Central")
    return next(iter(Template.from_stack(stack).find_resources("AWS::IAM::Role").values()))


def test_its_name_is_fixed_and_it_outlives_its_stack(stack):
    """Customers pin the ARN; a role made anew is another principal for their trust policies."""
    found = role(stack)
    assert found["Properties"]["RoleName"] == "CentralLogDistributionRole"
    assert found["Properties"]["Path"] == "/logrouter/"
    assert found["DeletionPolicy"] == found["UpdateReplacePolicy"] == "Retain"


def test_only_processors_may_assume_it_and_only_for_one_tenant(stack):
    """The whole account could deliver, or a processor without a tenant's tag could act for all tenants."""
    account = {"Ref": "AWS::AccountId"}
    partition = {"Ref": "AWS::Partition"}
    assert role(stack)["Properties"]["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", account, ":root"]]}},
            "Condition": {
                "ArnLike": {
                    "aws:PrincipalArn": {
                        "Fn::Join": ["", ["arn:", partition, ":iam::", account, ":role/logrouter/processor/*"]]
                    }
                },
                "StringLike": {"aws:RequestTag/tenant_id": "?*"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant_id"]},
            },
        }
    ]


def statements(stack, bucket, **properties):
    CentralRoleRegionPolicy(stack, "Policy", bucket=bucket, policy_name="logrouter-development-us-east-1", **properties)
    policy = next(iter(Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()))
    return {s["Sid"]: s for s in policy["Properties"]["PolicyDocument"]["Statement"]}


def test_is_attached_by_name_under_a_name_of_its_own(stack, bucket):
    """Each Region attaches its own: with one name the second would replace the first."""
    statements(stack, bucket)
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {"PolicyName": "logrouter-development-us-east-1", "Roles": ["CentralLogDistributionRole"]},
    )


def test_a_session_reads_only_the_tenant_it_is_tagged_with(stack, bucket):
    """A session policy forgotten or wrong would open every tenant's logs."""
    found = statements(stack, bucket)
    own = "tenant_id=${aws:PrincipalTag/tenant_id}/*"
    assert found["ReadTheTenantsObjects"]["Resource"] == stack.resolve(f"{bucket.bucket_arn}/{own}")
    assert found["ReadTheTenantsObjects"]["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]


def test_a_session_lists_only_its_own_tenants_prefix(stack, bucket):
    """A session that names no prefix would list every tenant, cluster and pod of the bucket."""
    listing = statements(stack, bucket)["ListTheTenantsObjects"]
    assert listing["Action"] == ["s3:ListBucket", "s3:ListBucketVersions"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "tenant_id=${aws:PrincipalTag/tenant_id}/*"}}


def test_never_writes_into_the_providers_own_account(stack, bucket):
    """A config naming the central bucket would make a loop; one naming another bucket of ours, a leak."""
    found = statements(stack, bucket)
    assert found["PutIntoCustomersBuckets"]["Condition"] == {
        "StringNotEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}
    }
    denied = found["NeverIntoTheCentralBucket"]
    assert denied["Effect"] == "Deny"
    assert denied["Resource"] == stack.resolve(f"{bucket.bucket_arn}/*")
    assert "s3:PutObject" in denied["Action"]


def test_multipart_copies_can_be_aborted(stack, bucket):
    """Cut copies of large objects would stay in customers' buckets, unseen and paid for."""
    assert "s3:AbortMultipartUpload" in statements(stack, bucket)["PutIntoCustomersBuckets"]["Action"]


def test_assumes_roles_by_pattern_only(stack, bucket):
    """A config could name any role that happens to trust the central account."""
    found = statements(stack, bucket, customer_role_pattern="CustomerLogDistributionRole/*")
    assert found["AssumeCustomersRoles"]["Resource"] == {
        "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":iam::*:role/CustomerLogDistributionRole/*"]]
    }


def test_assumes_no_role_of_the_providers_own_account_and_always_with_an_external_id(stack, bucket):
    """The central role's own name matches the pattern; a role that asks for no ExternalId is open to any provider."""
    assert statements(stack, bucket)["AssumeCustomersRoles"]["Condition"] == {
        "StringNotEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}},
        "StringLike": {"sts:ExternalId": "?*"},
    }


def test_keys_are_used_through_s3_alone(stack, encrypted_bucket):
    """The role itself could decrypt anything that a customer's key policy lets it."""
    found = statements(stack, encrypted_bucket)
    for sid in ("WriteWithCustomersKeys", "ReadWithTheBucketsKey"):
        assert found[sid]["Condition"]["StringLike"] == {"kms:ViaService": "s3.*.amazonaws.com*"}
    assert found["ReadWithTheBucketsKey"]["Resource"] == stack.resolve(encrypted_bucket.encryption_key.key_arn)


def test_without_a_key_there_is_no_use_of_one(stack, bucket):
    """A statement on a key that doesn't exist fails the deployment."""
    assert "ReadWithTheBucketsKey" not in statements(stack, bucket)


@pytest.mark.parametrize("pattern", ["*", "**", "", "a b", "${x}"])
def test_a_pattern_that_is_every_role_is_refused(stack, bucket, pattern):
    """The central role could become any role of any customer that trusts the account."""
    with pytest.raises(PropertyError, match="customer_role_pattern"):
        statements(stack, bucket, customer_role_pattern=pattern)
