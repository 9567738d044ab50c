import pytest
from aws_cdk.assertions import Template

from constructs_lib.athena_table import AthenaTable
from constructs_lib.limits import PropertyError


def test_partitions_are_read_from_the_keys(stack, bucket):
    """Queries would find nothing, or list the whole bucket."""
    AthenaTable(stack, "Athena", bucket=bucket, database_name="logs")
    table = next(iter(Template.from_stack(stack).find_resources("AWS::Glue::Table").values()))
    given = table["Properties"]["TableInput"]
    names = ["tenant_id", "cluster_id", "application", "pod_name"]
    assert [key["Name"] for key in given["PartitionKeys"]] == names
    template = given["Parameters"]["storage.location.template"]["Fn::Join"][1]
    path = "/".join(f"{name}=${{{name}}}" for name in names)
    assert template == ["s3://", stack.resolve(bucket.bucket_name), f"/{path}/"]
    assert {given["Parameters"][f"projection.{name}.type"] for name in names} == {"injected"}


def test_the_table_waits_for_its_database(stack, bucket):
    """Glue refuses a table without a database."""
    AthenaTable(stack, "Athena", bucket=bucket, database_name="logs")
    template = Template.from_stack(stack)
    template.has_resource("AWS::Glue::Table", {"DependsOn": list(template.find_resources("AWS::Glue::Database"))})


@pytest.mark.parametrize("name", ["", "Logs", "my-logs", "x" * 256])
def test_names_that_athena_cannot_query_are_refused(stack, bucket, name):
    """The table would be there and no query could name it."""
    with pytest.raises(PropertyError, match="database_name"):
        AthenaTable(stack, "Athena", bucket=bucket, database_name=name)
