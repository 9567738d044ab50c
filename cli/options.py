"""The options before the command: which installation is meant, and who signs. Nothing of AWS is loaded for them."""

from dataclasses import dataclass
from pathlib import Path

LOCAL_ENVIRONMENT = Path("build") / "local" / "environment.json"
"""Written by ``make up``; looked for in the working directory (contract §9)."""


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """The options' values; ``cli.connection`` makes a connection of them when a command asks for one."""

    api_url: str | None
    region: str | None
    profile: str | None
    local: bool
    environment_file: Path = LOCAL_ENVIRONMENT
