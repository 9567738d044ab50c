"""``logrouter assign``: moves logs of a namespace without a tenant label to their tenant."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from cli.connection import connection_of
from cli.installation import Installation
from cli.output import present
from cli.text_table import Note, TextTable, count, identifier
from runtime.delivery_config.patterns import TENANT_ID_PATTERN
from runtime.objects.key import UNLABELLED, ObjectKey

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

Namespace = Annotated[str | None, typer.Argument(help="the Kubernetes namespace")]
AssignedTenant = Annotated[str | None, typer.Argument(help="the tenant whose namespace it is")]
Cluster = Annotated[str | None, typer.Option("--cluster", help="of this cluster alone")]
ListOnly = Annotated[bool, typer.Option("--list", help="show which namespaces' objects wait, and change nothing")]


def assign(
    context: typer.Context,
    namespace: Namespace = None,
    tenant: AssignedTenant = None,
    *,
    cluster: Cluster = None,
    list_only: ListOnly = False,
) -> None:
    """Move objects of one namespace from `_unlabelled` to its tenant: they are delivered like new ones."""
    installation = connection_of(context).installation()
    if list_only:
        found = [(*which, number) for which, number in sorted(waiting(installation).items())]
        names = ("cluster_id", "namespace", "objects")
        columns = (identifier("cluster"), identifier("namespace"), count("objects"))
        present([dict(zip(names, row, strict=True)) for row in found], TextTable("Without a tenant", columns, found))
        return
    if namespace is None or tenant is None:
        raise typer.BadParameter("name the namespace and its tenant, or use --list")
    moved = move(installation, namespace, tenant, cluster)
    document = {"moved": moved, "namespace": namespace, "tenant_id": tenant}
    present(document, Note(f"{moved:,} objects were sent on to {tenant}"))


def waiting(installation: Installation) -> Counter[tuple[str, str]]:
    """Count the objects that wait, by cluster and namespace."""
    return Counter((key.cluster_id, namespace_of(key)) for key in unlabelled(installation))


def move(installation: Installation, namespace: str, tenant: str, cluster: str | None = None) -> int:
    """Copy each object of a namespace to its tenant's key, and delete it when the copy is there. Return how many.

    A run that breaks off may be repeated: a copy that exists already is written again with the same content.

    :raises typer.BadParameter: no tenant can have this id.
    """
    if re.fullmatch(TENANT_ID_PATTERN, tenant) is None:
        raise typer.BadParameter(
            "a tenant's id is up to 128 letters, digits and - _ . and begins with a letter or digit"
        )
    s3, bucket = installation.clients.client("s3"), installation.outputs["CentralBucketName"]
    moved = 0
    for key in unlabelled(installation):
        if namespace_of(key) == namespace and cluster in {None, key.cluster_id}:
            source: CopySourceTypeDef = {"Bucket": bucket, "Key": key.key}
            copied = key.key.replace(f"tenant_id={UNLABELLED}/", f"tenant_id={tenant}/", 1)
            answer = s3.copy_object(Bucket=bucket, Key=copied, CopySource=source)
            if answer["CopyObjectResult"]["ETag"]:  # the proof that it is there: only then may the original go
                s3.delete_object(Bucket=bucket, Key=key.key)
                moved += 1
    return moved


def unlabelled(installation: Installation) -> Iterator[ObjectKey]:
    """Yield the keys of the objects that wait."""
    pages = installation.clients.client("s3").get_paginator("list_objects_v2")
    bucket = installation.outputs["CentralBucketName"]
    for page in pages.paginate(Bucket=bucket, Prefix=f"tenant_id={UNLABELLED}/"):
        for entry in page.get("Contents", ()):
            yield ObjectKey.parse(entry["Key"])


def namespace_of(key: ObjectKey) -> str:
    """Return the namespace that a pod's segment begins with: no namespace's or pod's name holds an underscore."""
    return key.pod_name.partition("_")[0]
