from aws_cdk import Aws

from constructs_lib import names


def test_customers_can_predict_the_central_role(stack):
    """Customers pin this ARN: a change would end every delivery at once."""
    arn = names.central_role_arn("111111111111").replace(Aws.PARTITION, "aws")
    assert arn == "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"


def test_execution_roles_of_stages_and_regions_differ():
    """IAM is global: the second Region's stack would fail on the first one's role."""
    given = {names.processor_role_name(s, r) for s in ("development", "production") for r in ("us-east-1", "eu-west-1")}
    assert len(given) == 4


def test_execution_roles_lie_on_the_path_that_the_central_role_trusts():
    """The processor could not assume the central role."""
    assert names.PROCESSOR_ROLE_PATH.startswith(names.CENTRAL_ROLE_PATH)
    assert names.PROCESSOR_ROLE_PATH != names.CENTRAL_ROLE_PATH
