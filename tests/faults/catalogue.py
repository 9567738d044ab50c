"""All kinds of fault; of those that run side by side the slow ones first."""

from typing import Final

from tests.faults.customers import CUSTOMERS
from tests.faults.hosts import HOSTS
from tests.faults.inputs import INPUTS
from tests.faults.kind import Kind
from tests.faults.kinds import CENTRAL, CLOUDWATCH, HANGING, S3
from tests.faults.neighbours import NEIGHBOURS
from tests.faults.outside import OUTSIDE_ALONE, OUTSIDE_TOGETHER
from tests.faults.workers import WORKERS

KINDS: Final[tuple[Kind, ...]] = (
    *NEIGHBOURS,
    *HOSTS,
    *HANGING,
    *OUTSIDE_ALONE,
    *WORKERS,
    *OUTSIDE_TOGETHER,
    *CUSTOMERS,
    *CENTRAL,
    *CLOUDWATCH,
    *S3,
    *INPUTS,
)


def chosen(names: tuple[str, ...] = ()) -> list[Kind]:
    """Return the kinds of these names; all where there are none.

    :raises ValueError: there is no such kind.
    """
    known = {kind.name: kind for kind in KINDS}
    if unknown := set(names) - set(known):
        raise ValueError(f"no such kind: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [known[name] for name in names] if names else list(KINDS)
