"""A customer's function on the embedded cloud, whose next invocations can be told to fail."""

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ministack_fidelity.accounts import Accounts
from ministack_fidelity.identities import make_role, unique
from tests.destinations import customer_function

TIME_LIMIT_SECONDS = 2


@dataclass(frozen=True)
class DeployedFunction:
    """``folder``: where it keeps events."""

    arn: str
    folder: Path

    def fails(self, faults: Iterable[str]) -> None:
        """Let its next invocations fail so, one after the other."""
        (self.folder / "faults.json").write_text(json.dumps(list(faults)))

    def arrived(self) -> list[str]:
        """Return the messages that it has kept."""
        file = self.folder / "events.db"
        if not file.exists():
            return []
        with closing(sqlite3.connect(file)) as kept:
            return [message for (message,) in kept.execute("select message from events")]


def deployed(cloud: Accounts, account: str, folder: Path) -> DeployedFunction:
    """Deploy it into an account."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.write(customer_function.__file__, "customer_function.py")
    made = cloud.client("lambda", account).create_function(
        FunctionName=unique("logs"),
        Runtime="python3.13",
        Handler="customer_function.handler",
        Role=make_role(cloud, account),
        Code={"ZipFile": archive.getvalue()},
        Timeout=TIME_LIMIT_SECONDS,
        Environment={"Variables": {"FOLDER": str(folder)}},
    )
    function = DeployedFunction(made["FunctionArn"], folder)
    function.fails(())
    return function
