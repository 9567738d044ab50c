"""Which API a command talks to, and who signs: options, environment variables, or the cloud that ``make up`` left."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from botocore.credentials import Credentials
from botocore.session import Session

from cli.client import Client
from cli.installation import Installation
from cli.signing import NoCredentialsFoundError, Signer

LOCAL_ENVIRONMENT = Path("build") / "local" / "environment.json"
"""Written by ``make up``; looked for in the working directory (contract §9)."""


@dataclass(frozen=True, slots=True)
class ApiConnection:
    """What the options before the command group say."""

    api_url: str | None
    region: str | None
    profile: str | None
    local: bool
    environment_file: Path = LOCAL_ENVIRONMENT

    def client(self) -> Client:
        """Make the client. Ends the command with status 2 where something is missing."""
        try:
            return Client(self._embedded() if self.local else self._of_aws())
        except NoCredentialsFoundError as error:
            raise typer.BadParameter(str(error)) from None

    def installation(self) -> Installation:
        """Give the central account's own resources, for an operator with rights to them."""
        if not self.local:
            region = self.region or Session(profile=self.profile).get_config_variable("region")
            if not region:
                raise typer.BadParameter("set AWS_REGION or --region to the installation's Region")
            return Installation.of_aws(region, self.profile)
        environment = self._environment()
        return Installation.of_emulator(
            environment["endpoint_url"], environment["region"], environment["central_account"]
        )

    def _of_aws(self) -> Signer:
        if not self.api_url:
            raise typer.BadParameter("set LOGROUTER_API_URL or --api-url to the stack's output ApiUrl, or use --local")
        region = self.region or Session(profile=self.profile).get_config_variable("region")
        if not region:
            raise typer.BadParameter("set AWS_REGION or --region to the API's Region")
        return Signer.from_environment(self.api_url, region, self.profile)

    def _embedded(self) -> Signer:
        environment = self._environment()
        root = Credentials(environment["central_account"], "test")  # the emulator's account root; loopback only
        return Signer(environment["api_url"], environment["region"], root)

    def _environment(self) -> dict[str, Any]:
        file = self.environment_file
        if not file.is_file():
            raise typer.BadParameter(f"{file} isn't here: `make up` writes it, in the project's folder")
        environment: dict[str, Any] = json.loads(file.read_text())
        return environment


def connection_of(context: typer.Context) -> ApiConnection:
    """Give the connection that ``main`` put together."""
    connection = context.find_object(ApiConnection)
    assert connection is not None
    return connection
