"""Every AWS Region there is, of every partition, from the SDK's own data."""

from collections.abc import Mapping
from functools import cache


@cache
def regions() -> Mapping[str, str]:
    """Return each Region's partition by the Region's name; pseudo-Regions such as ``aws-global`` are none."""
    from botocore.loaders import create_loader  # noqa: PLC0415 - botocore takes 0.1 s: not for requests without it

    partitions = create_loader().load_data("partitions")["partitions"]
    return {
        region: partition["id"]
        for partition in partitions
        for region in partition["regions"]
        if not region.endswith("-global")
    }
