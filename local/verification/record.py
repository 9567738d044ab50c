"""What a verification made, written down before it is made: a run that died is removed by its record."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Made:
    """One run's stacks, in the order in which they were made, as (account, name).

    :param logging_role: by which API Gateway wrote logs in this account and Region before; empty: none did.
    :param buckets: retained by their stack, as (account, name).
    """

    region: str
    central_account: str
    stacks: list[tuple[str, str]]
    buckets: list[tuple[str, str]]
    logging_role: str

    def save(self, home: Path) -> None:
        """Write it."""
        _path(home).parent.mkdir(parents=True, exist_ok=True)
        _path(home).write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, home: Path) -> Self | None:
        """Read it; None where no run left one."""
        if not _path(home).exists():
            return None
        content = json.loads(_path(home).read_text())
        pairs = {name: [(account, each) for account, each in content[name]] for name in ("stacks", "buckets")}
        return cls(**{**content, **pairs})

    @staticmethod
    def forget(home: Path) -> None:
        """Take it away: everything is removed."""
        _path(home).unlink(missing_ok=True)


def _path(home: Path) -> Path:
    return home / "made.json"
