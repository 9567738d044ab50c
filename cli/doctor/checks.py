"""All checks, one after the other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from cli.doctor import configs, names, path
from cli.doctor.deployment import DeployedRegion, Finding

MOST_TENANTS: Final = 20
"""Whose roles are tried where no tenant is named: each config is a call of the processor's function."""

OF_DEPLOYMENT: Final[tuple[Callable[[DeployedRegion], list[Finding]], ...]] = (
    names.stacks_are_whole,
    names.names_exist,
    names.functions_know_the_names,
    path.bucket_notifies,
    path.topic_reaches_queue,
    path.queues_redrive,
    path.function_reads_queues,
    configs.tables_are_set_up,
)
OF_TENANTS: Final[tuple[Callable[[DeployedRegion, Sequence[str]], list[Finding]], ...]] = (
    configs.configs_are_valid,
    configs.roles_can_be_assumed,
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check: what it asserts, and where that doesn't hold."""

    what: str
    findings: Sequence[Finding]


def run_checks(deployment: DeployedRegion, tenants: Sequence[str] = ()) -> Iterator[CheckResult]:
    """Check the deployment, and these tenants; without any the first few of the bucket."""
    for check in OF_DEPLOYMENT:
        yield CheckResult(_what(check), check(deployment))
    asked = list(tenants) or list(islice(deployment.sources.tenants(), MOST_TENANTS))
    for check_tenants in OF_TENANTS:
        yield CheckResult(_what(check_tenants), check_tenants(deployment, asked))


def _what(check: Callable[..., object]) -> str:
    return (check.__doc__ or "").strip().rstrip(".")
