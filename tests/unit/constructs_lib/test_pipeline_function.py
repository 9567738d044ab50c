import pytest
from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction


@pytest.fixture
def make(stack):
    def made(**more):
        settings = FunctionSettings(code=lambda_.Code.from_inline("def handler(*_): ..."), log_level="DEBUG")
        given = {
            "handler": "index.handler",
            "description": "Tests",
            "memory_mib": 128,
            "timeout": Duration.seconds(3),
            "environment": {},
            "permissions": (),
        }
        return PipelineFunction(stack, "Function", settings=settings, **{**given, **more})

    return made


def test_it_may_write_its_own_log_and_nothing_else(stack, make):
    """A function would come with permissions that nobody gave it."""
    made = make()
    (policy,) = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {
            "Sid": "WriteOwnLog",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": stack.resolve(made.log_group.log_group_arn),
        }
    ]


@pytest.mark.parametrize(("environment", "level"), [({}, "DEBUG"), ({"LOG_LEVEL": "ERROR"}, "ERROR")])
def test_the_log_level_is_the_stages_unless_one_is_given(stack, make, environment, level):
    """The poller and the function of one stage could log at two levels."""
    make(environment=environment)
    Template.from_stack(stack).has_resource_properties(
        "AWS::Lambda::Function", {"Environment": {"Variables": {"LOG_LEVEL": level}}}
    )


def test_a_role_that_exists_is_used(stack, make):
    """The processor would run as a role that no policy of the central role trusts."""
    role = iam.Role(stack, "Given", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    make(role=role)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::IAM::Role", 1)
    template.has_resource_properties("AWS::Lambda::Function", {"Role": stack.resolve(role.role_arn)})
