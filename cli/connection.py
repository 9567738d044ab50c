"""Which API a command talks to, and who signs: options, environment variables, or the cloud that ``make up`` left."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from botocore.credentials import Credentials

from cli.client import Client
from cli.options import ConnectionOptions
from cli.signing import Signer

if TYPE_CHECKING:
    from cli.installation import Installation


@dataclass(frozen=True, slots=True)
class ApiConnection:
    """The API's client and the installation that the options name, each created on first use."""

    options: ConnectionOptions

    def client(self) -> Client:
        """Make the client. Ends the command with status 2 where a setting is missing.

        :raises NoCredentialsFoundError: there is nothing to sign with.
        """
        return Client(self._embedded() if self.options.local else self._of_aws())

    def installation(self) -> "Installation":
        """Return the central account's own resources, for an operator with rights to them."""
        from cli.installation import Installation  # noqa: PLC0415 - commands of the API alone do without

        if not self.options.local:
            region = self._region("the installation's Region")
            return Installation.of_aws(region, self.options.profile)
        environment = self._environment()
        return Installation.of_emulator(
            environment["endpoint_url"], environment["region"], environment["central_account"]
        )

    def _of_aws(self) -> Signer:
        if not self.options.api_url:
            raise typer.BadParameter("set LOGROUTER_API_URL or --api-url to the stack's output ApiUrl, or use --local")
        return Signer.from_environment(self.options.api_url, self._region("the API's Region"), self.options.profile)

    def _region(self, which: str) -> str:
        from botocore.session import Session  # noqa: PLC0415 - a fifth of a second: the embedded cloud needs none

        region = self.options.region or Session(profile=self.options.profile).get_config_variable("region")
        if not region:
            raise typer.BadParameter(f"set AWS_REGION or --region to {which}")
        return str(region)

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
