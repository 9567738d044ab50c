import pytest
from aws_cdk.assertions import Template

from constructs_lib.athena_table import AthenaTable
from constructs_lib.limits import PropertyError
from runtime.objects.key import ObjectKey


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


@pytest.mark.parametrize(
    "values",
    [
        ("acme-corp", "c-1", "etcd", "etcd-0"),
        (
            "_unlabelled",
            "c-1",
            "kube-apiserver",
            "openshift-kube-apiserver_kube-apiserver-0",
        ),  # by label: namespace, pod
    ],
)
def test_a_partitions_location_is_a_keys_folder(stack, bucket, values):
    """A query that names an object's partitions would read another folder than the object's."""
    AthenaTable(stack, "Athena", bucket=bucket, database_name="logs")
    (table,) = Template.from_stack(stack).find_resources("AWS::Glue::Table").values()
    given = table["Properties"]["TableInput"]
    location = given["Parameters"]["storage.location.template"]["Fn::Join"][1][2].removeprefix("/")
    partitions = dict(zip((key["Name"] for key in given["PartitionKeys"]), values, strict=True))
    for name, value in partitions.items():
        location = location.replace(f"${{{name}}}", value)
    key = ObjectKey.parse(f"{location}20261129-101500-6f9.json.gz")
    assert (key.tenant_id, key.cluster_id, key.application, key.pod_name) == values


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
