"""All kinds of fault, those that run alone first."""

from typing import Final

from local.faults.customers import CUSTOMERS, NEIGHBOURS
from local.faults.hosts import HOSTS
from local.faults.inputs import INPUTS
from local.faults.kind import Kind
from local.faults.kinds import CENTRAL, CLOUDWATCH, HANGING, S3

KINDS: Final[tuple[Kind, ...]] = (*NEIGHBOURS, *HOSTS, *HANGING, *CLOUDWATCH, *S3, *CENTRAL, *CUSTOMERS, *INPUTS)
