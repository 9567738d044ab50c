"""Which API a command talks to, and who signs: options, environment variables, or the cloud that ``make up`` left."""

import json
from dataclasses import dataclass
from typing import Any

import typer
from botocore.credentials import Credentials
from botocore.session import Session

from cli.client import Client
from cli.installation import Installation
from cli.options import ConnectionOptions
from cli.signing import Signer


@dataclass(frozen=True, slots=True)
class ApiConnection:
    """The API's client and the installation that the options name, each created on first use."""

    options: ConnectionOptions

    def client(self) -> Client:
        """Make the client. Ends the command with status 2 where a setting is missing.

        :raises NoCredentialsFoundError: there is nothing to sign with.
        """
        return Client(self._embedded() if self.options.local else self._of_aws())

    def installation(self) -> Installation:
        """Return the central account's own resources, for an operator with rights to them."""
        if not self.options.local:
            region = self.options.region or Session(profile=self.options.profile).get_config_variable("region")
            if not region:
                raise typer.BadParameter("set AWS_REGION or --region to the installation's Region")
            return Installation.of_aws(region, self.options.profile)
        environment = self._environment()
        return Installation.of_emulator(
            environment["endpoint_url"], environment["region"], environment["central_account"]
        )

    def _of_aws(self) -> Signer:
        if not self.options.api_url:
            raise typer.BadParameter("set LOGROUTER_API_URL or --api-url to the stack's output ApiUrl, or use --local")
        region = self.options.region or Session(profile=self.options.profile).get_config_variable("region")
        if not region:
            raise typer.BadParameter("set AWS_REGION or --region to the API's Region")
        return Signer.from_environment(self.options.api_url, region, self.options.profile)

    def _embedded(self) -> Signer:
        environment = self._environment()
        root = Credentials(environment["central_account"], "test")  # the emulator's account root; loopback only
        return Signer(environment["api_url"], environment["region"], root)

    def _environment(self) -> dict[str, Any]:
        file = self.options.environment_file
        if not file.is_file():
            raise typer.BadParameter(f"{file} isn't here: `make up` writes it, in the project's folder")
        environment: dict[str, Any] = json.loads(file.read_text())
        return environment


def connection_of(context: typer.Context) -> ApiConnection:
    """Return the connection that the options before the command describe."""
    options = context.find_object(ConnectionOptions)
    assert options is not None
    return ApiConnection(options)
