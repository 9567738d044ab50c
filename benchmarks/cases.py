"""What the processors are given: objects, tenants and destinations of each case, and what has to arrive."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.content import Content
from benchmarks.light_sink import cloudwatch_config, s3_config
from benchmarks.log_objects import MIB, BenchmarkObject, write_object, write_recorded

SMALL_BYTES = 50_000
SMALL_FILES = 20  # small objects differ by their key; that many different bodies take turns


@dataclass(frozen=True, slots=True)
class Case:
    """``objects`` messages, one an object, of tenants in turn; ``sent`` are the different bodies, in turn.

    ``copies``: the destinations are buckets, not log groups.
    """

    name: str
    sent: Sequence[BenchmarkObject]
    warm_up: BenchmarkObject
    objects: int = 1
    tenants: int = 1
    copies: bool = False

    def keys(self) -> list[str]:
        """Name the objects."""
        return [_key(number % self.tenants, f"{number:05d}") for number in range(self.objects)]

    def warm_up_keys(self) -> list[str]:
        """Name one small object of each tenant."""
        return [_key(tenant, "warm") for tenant in range(self.tenants)]

    def files(self) -> dict[str, Path]:
        """Return which file each key stands for."""
        files = {key: self.sent[number % len(self.sent)].path for number, key in enumerate(self.keys())}
        return files | dict.fromkeys(self.warm_up_keys(), self.warm_up.path)

    def configs(self, destinations: int) -> dict[str, list[dict[str, Any]]]:
        """Return each tenant's items."""
        make = s3_config if self.copies else cloudwatch_config
        tenants = map(_tenant, range(self.tenants))
        return {tenant: [make(tenant, number) for number in range(destinations)] for tenant in tenants}

    def expected(self, destinations: int) -> dict[str, Content]:
        """Return what has to arrive in each log group."""
        if self.copies:
            return {}
        totals: dict[str, Content] = {}
        for number in range(self.objects):
            tenant = _tenant(number % self.tenants)
            totals[tenant] = totals.get(tenant, Content()) + self.sent[number % len(self.sent)].content
        return {
            f"/logrouter/{tenant}/{number}": content
            for tenant, content in totals.items()
            for number in range(destinations)
        }


def make_cases(directory: Path, names: Sequence[str], small_objects: int) -> Iterator[Case]:
    """Write the objects of the cases that are wanted."""
    warm_up = write_object(directory / "warm-up.gz", uncompressed_bytes=20_000, seed=99)

    def of_lines(name: str, line_bytes: int, mib: int = 64) -> Case:
        path = directory / f"{name}.gz"
        return Case(name, [write_object(path, uncompressed_bytes=mib * MIB, line_bytes=line_bytes)], warm_up)

    def small(name: str = "small", tenants: int = 100) -> Case:
        bodies = [
            write_object(directory / f"{name}-{seed}.gz", uncompressed_bytes=SMALL_BYTES, seed=seed)
            for seed in range(SMALL_FILES)
        ]
        return Case(name, bodies, warm_up, objects=max(small_objects, tenants), tenants=tenants)

    makers: dict[str, Callable[[], Case]] = {
        "big": lambda: of_lines("big", 1300),
        "typical": lambda: of_lines("typical", 400),
        "real": lambda: Case("real", [write_recorded(directory / "real.gz", uncompressed_bytes=64 * MIB)], warm_up),
        "small": small,
        "1k tenants": lambda: small("1k tenants", 1_000),
        "5k tenants": lambda: small("5k tenants", 5_000),
        "huge": lambda: of_lines("huge", 1300, 1024),
        "copies": lambda: Case("copies", of_lines("copied", 1300, 1).sent, warm_up, copies=True),
    }
    for name in names:
        yield makers[name]()


def _tenant(number: int) -> str:
    return f"tenant-{number:04d}"


def _key(tenant: int, name: str) -> str:
    return (
        f"tenant_id={_tenant(tenant)}/cluster_id=bench/application=kube-apiserver"
        f"/pod_name=kube-apiserver-0/20261123-100000-{name}.json.gz"
    )
