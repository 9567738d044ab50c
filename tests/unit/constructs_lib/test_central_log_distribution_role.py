from aws_cdk.assertions import Template

from constructs_lib.central_log_distribution_role import CentralLogDistributionRole


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
