"""An Athena table over the objects' keys: partitions follow from the key, no crawler, nothing to repair."""

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from constructs import Construct

from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.limits import require_match
from constructs_lib.names import OBJECT_KEY_PREFIX

_PARTITIONS = ("tenant_id", "cluster_id", "application", "pod_name")
_NAME = r"[a-z0-9_]{1,255}"
"""Source: Athena user guide, names of databases, tables and columns."""


class AthenaTable(Construct):
    """Glue database and external table of the central bucket's events.

    Partition projection of type ``injected``: a query must name each partition's value, so a look-up reads one pod's
    objects and lists nothing (Athena user guide, "Dynamic ID partitioning").

    :param table_name: the table; the database's name comes with it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: CentralLogBucket,
        database_name: str,
        table_name: str = "events",
    ) -> None:
        super().__init__(scope, construct_id)
        require_match("database_name", database_name, _NAME, "1-255 of a-z, 0-9 and _")
        require_match("table_name", table_name, _NAME, "1-255 of a-z, 0-9 and _")
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=database_name, description="Log objects of the central bucket"
            ),
        )
        self.table = glue.CfnTable(
            self,
            "Table",
            catalog_id=Aws.ACCOUNT_ID,
            database_name=database_name,
            table_input=_table(table_name, f"s3://{bucket.bucket_name}/"),
        )
        self.table.add_resource_dependency(self.database)


def _table(name: str, location: str) -> glue.CfnTable.TableInputProperty:
    template = location + "/".join(f"{partition}=${{{partition}}}" for partition in _PARTITIONS) + "/"
    return glue.CfnTable.TableInputProperty(
        name=name,
        description=f"One row an event; keys begin with {OBJECT_KEY_PREFIX}",
        table_type="EXTERNAL_TABLE",
        parameters={
            "EXTERNAL": "TRUE",
            "projection.enabled": "true",
            **{f"projection.{partition}.type": "injected" for partition in _PARTITIONS},
            "storage.location.template": template,
        },
        partition_keys=[_column(partition) for partition in _PARTITIONS],
        storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
            location=location,
            columns=[_column("timestamp"), _column("message")],
            input_format="org.apache.hadoop.mapred.TextInputFormat",
            output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            serde_info=glue.CfnTable.SerdeInfoProperty(
                serialization_library="org.openx.data.jsonserde.JsonSerDe",
                # A line that isn't JSON is a row of nulls, as it is an event for the processor, and no error.
                parameters={"ignore.malformed.json": "true"},
            ),
        ),
    )


def _column(name: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type="string")
