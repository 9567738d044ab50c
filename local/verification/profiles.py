"""Accounts by the user's profiles. Nothing here knows an emulator: the SDK itself follows ``AWS_ENDPOINT_URL``."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cli.client import Client
from cli.signing import Signer
from ministack_fidelity.accounts import SETTINGS


class ProfilesError(Exception):
    """The profiles can't be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Makes clients by account (``local.accounts.Clients``).

    :param names: the profile of each account.
    """

    region: str
    names: dict[str, str]

    @classmethod
    def of(cls, region: str, profiles: Sequence[str]) -> Self:
        """Ask who each profile is. Raises ``ProfilesError`` where two are one account."""
        found = {account_of(profile, region): profile for profile in profiles}
        if len(found) != len(profiles):
            raise ProfilesError(f"the profiles {', '.join(profiles)} must be of different accounts")
        return cls(region, found)

    def client(self, service: str, keys: str, *, region: str | None = None) -> Any:
        """Return a client of an account's profile."""
        return _client(self.names[keys], service, region or self.region)

    def api_client(self, api_url: str, keys: str) -> Client:
        """Return a client of the delivery-config API."""
        return Client(Signer.from_environment(api_url, self.region, self.names[keys]))

    def variables(self, account: str) -> dict[str, str]:
        """Return what a program needs to act in an account, whatever the profile gets its credentials from."""
        found = boto3.Session(profile_name=self.names[account]).get_credentials()
        if found is None:
            raise ProfilesError(f"the profile {self.names[account]} has no credentials: sign in")
        keys = found.get_frozen_credentials()
        given = {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token,
        }
        endpoints = {name: value for name, value in os.environ.items() if name.startswith("AWS_ENDPOINT_URL")}
        return {name: value for name, value in given.items() if value} | endpoints


def region_of(profile: str) -> str:
    """Return a profile's Region. Raises ``ProfilesError`` where it has none, or where there is no such profile."""
    try:
        region = boto3.Session(profile_name=profile).region_name
    except BotoCoreError as error:
        raise ProfilesError(f"the profile {profile} can't be used: {error}") from None
    if region is None:
        raise ProfilesError(f"the profile {profile} has no Region: add one to it, or set AWS_REGION")
    return region


def account_of(profile: str, region: str) -> str:
    """Ask for a profile's account. Raises ``ProfilesError`` where nobody answers for it."""
    try:
        return str(_client(profile, "sts", region).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise ProfilesError(f"the profile {profile} can't be used: {error}") from None


@lru_cache(maxsize=512)
def _client(profile: str, service: str, region: str) -> Any:
    make: Any = boto3.Session(profile_name=profile, region_name=region).client
    return make(service, config=SETTINGS)
