import pytest
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.processor_execution_role import ProcessorExecutionRole


def make(stack, resources, **properties):
    return ProcessorExecutionRole(stack, "Execution", stage="development", resources=resources, **properties)


def test_may_do_exactly_its_work(stack, resources):
    """An action too many is a way into tenants' data; one too few stops deliveries."""
    make(stack, resources)
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    found = {s["Sid"]: s for policy in policies for s in policy["Properties"]["PolicyDocument"]["Statement"]}
    objects, deliveries = resources.object_queue, resources.delivery_queue
    expected = {
        "ReadWork": (
            ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            [objects.queue.queue_arn, deliveries.queue.queue_arn],
        ),
        "HandOver": (
            "sqs:SendMessage",
            [
                deliveries.queue.queue_arn,
                objects.dead_letter_queue.queue_arn,
                deliveries.dead_letter_queue.queue_arn,
            ],
        ),
        "ReadDeliveryConfigs": (["dynamodb:GetItem", "dynamodb:Query"], resources.delivery_configs.table_arn),
        "NoteRotation": ("dynamodb:UpdateItem", resources.tenants.table_arn),
        "ReadTenants": ("dynamodb:GetItem", resources.tenants.table_arn),
        "ParkDeliveries": (
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            resources.parked_deliveries.table_arn,
        ),
        "SetEventsAside": ("s3:PutObject", f"{resources.bucket.bucket_arn}/set-aside/*"),
        "AssumeCentralRoleForOneTenant": (["sts:AssumeRole", "sts:TagSession"], None),
        "HandOverToTheOutside": ("sqs:SendMessage", resources.outside.queue.queue.queue_arn),
        "MakePasses": ("kms:GenerateMac", resources.outside.pass_key.key_arn),
    }
    assert set(found) == set(expected)
    for sid, (actions, on) in expected.items():
        assert found[sid]["Action"] == actions
        if on is not None:
            wanted = stack.resolve(on)
            assert sorted(map(str, wanted if isinstance(wanted, list) else [wanted])) == sorted(
                map(
                    str,
                    found[sid]["Resource"] if isinstance(found[sid]["Resource"], list) else [found[sid]["Resource"]],
                )
            )


def test_assumes_the_central_role_only_with_a_tenants_tag(stack, resources):
    """A session without a tenant would be refused by the central role, or act for all of them."""
    make(stack, resources)
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Sid": "AssumeCentralRoleForOneTenant",
                                "Condition": {"StringLike": {"aws:RequestTag/tenant_id": "?*"}},
                                "Resource": {
                                    "Fn::Join": [
                                        "",
                                        [
                                            "arn:",
                                            {"Ref": "AWS::Partition"},
                                            ":iam::111111111111:role/logrouter/CentralLogDistributionRole",
                                        ],
                                    ]
                                },
                            }
                        )
                    ]
                )
            }
        },
    )


def test_the_central_role_can_recognise_it(stack, resources):
    """On another path it would be a stranger to the central role's trust policy."""
    make(stack, resources)
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Role", {"RoleName": "LogProcessor-development-us-east-1", "Path": "/logrouter/processor/"}
    )


def principals(stack):
    role = next(iter(Template.from_stack(stack).find_resources("AWS::IAM::Role").values()))
    return [s["Principal"] for s in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]]


def test_each_host_is_let_in_and_no_other(stack, resources, identity):
    """A poller couldn't start, or Lambda could run as a role that no function is meant to have."""
    make(stack, resources, on_lambda=False, web_identity=identity)
    assert principals(stack) == [{"Federated": identity.provider_arn}]


def test_both_hosts_are_let_in(stack, resources, identity):
    """The second host of a stage that has both couldn't start."""
    make(stack, resources, on_lambda=True, web_identity=identity)
    assert principals(stack) == [{"Service": "lambda.amazonaws.com"}, {"Federated": identity.provider_arn}]


def test_a_role_that_no_host_can_assume_is_refused(stack, resources):
    """A deployment would succeed and nothing would run."""
    with pytest.raises(PropertyError, match="on_lambda, web_identity"):
        make(stack, resources, on_lambda=False)


def test_a_name_too_long_for_iam_is_refused(stack, resources):
    """CloudFormation would say so after everything else was made."""
    with pytest.raises(PropertyError, match="length of the role's name must be 1-64"):
        ProcessorExecutionRole(stack, "Execution", stage="x" * 60, resources=resources)
