"""Removing what a verification made: buckets emptied, stacks deleted last first, a look whether anything is left."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local.accounts import Clients
from local.verification.record import Made
from local.waiting import wait_until

STACK_SECONDS = 1800.0
"""A stack may take; API Gateway and Lambda are the slow ones."""

TRIES = 3
"""Of one stack: what is delivered while a bucket is emptied, or an export that is still in use, fails one."""

BUCKET = "AWS::S3::Bucket"


class LeftOverError(Exception):
    """Something could not be removed; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Removes in the accounts that ``accounts`` acts in. ``report`` gets the name of each step."""

    accounts: Clients
    report: Callable[[str], None]

    def remove(self, made: Made) -> None:
        """Remove everything. Goes on past what fails.

        :raises LeftOverError: with all that is left.
        """
        left: list[str] = []
        for account, name in reversed(made.stacks):
            self.report(f"removing {name} from {account}")
            with suppress(ClientError):
                self._remove_stack(account, name)
            if self._exists(account, name):
                left.append(f"{account}: stack {name}")
        for account, name in made.buckets:
            s3 = self.accounts.client("s3", account)
            with suppress(ClientError):
                empty(s3, name)
                s3.delete_bucket(Bucket=name)
            if bucket_exists(s3, name):
                left.append(f"{account}: bucket {name}")
        self._restore_logging_role(made)
        if left:
            raise LeftOverError(
                "not removed: " + "; ".join(left) + ". Try `make verify-aws VERIFY_ARGS=--remove` again"
            )

    def _remove_stack(self, account: str, name: str) -> None:
        cloudformation = self.accounts.client("cloudformation", account)
        for _ in range(TRIES):
            if not self._exists(account, name):
                return
            s3 = self.accounts.client("s3", account)
            for bucket in _buckets(cloudformation, name):
                empty(s3, bucket)
            cloudformation.delete_stack(StackName=name)
            wait_until(
                lambda: not self._exists(account, name) or self._status(account, name) == "DELETE_FAILED",
                what=f"{name} to be deleted",
                timeout_seconds=STACK_SECONDS,
                interval_seconds=1,
            )

    def _exists(self, account: str, name: str) -> bool:
        return self._status(account, name) not in {None, "DELETE_COMPLETE"}

    def _status(self, account: str, name: str) -> str | None:
        return stack_status(self.accounts.client("cloudformation", account), name)

    def _restore_logging_role(self, made: Made) -> None:
        """Restore the role that API Gateway had before; the stack's own has gone with it.

        Where it had none, its setting names a role that is gone, which does nothing.
        """
        if not made.logging_role:
            return
        apigateway = self.accounts.client("apigateway", made.central_account)
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": made.logging_role}
        apigateway.update_account(patchOperations=[change])


def stack_status(cloudformation: Any, name: str) -> str | None:
    """Return a stack's status; None where there is none of this name."""
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # what CloudFormation says of an unknown stack
            raise
        return None
    return str(stack["StackStatus"])


def empty(s3: Any, bucket: str) -> None:
    """Delete every version of every object."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for page in pages:
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        if keys:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})


def bucket_exists(s3: Any, bucket: str) -> bool:
    """Return whether there is such a bucket of ours."""
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError:
        return False
    return True


def _buckets(cloudformation: Any, stack: str) -> Iterator[str]:
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            if each["ResourceType"] == BUCKET and each["ResourceStatus"] != "DELETE_COMPLETE":
                yield each["PhysicalResourceId"]
