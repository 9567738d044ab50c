"""Roles and sessions for tests on the emulator."""

import json
import uuid
from typing import Any

from botocore.config import Config

from ministack_fidelity.accounts import Accounts, Keys

UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})
"""For requests that the SDK itself would refuse to send: the service must refuse them too."""


def unique(word: str) -> str:
    """Return a name that no other test uses."""
    return f"{word}-{uuid.uuid4().hex[:12]}"


def statement(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """Return one Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: str, **condition: Any) -> str:
    """Return a trust policy for one principal, tags allowed."""
    allowed = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    return document({**allowed, **({"Condition": condition} if condition else {})})


def make_role(
    accounts: Accounts, account: str, *statements: dict[str, Any], trusted: str | None = None, path: str = "/"
) -> str:
    """Make a role with these permissions that its own account (or ``trusted``, a whole document) may assume."""
    iam = accounts.client("iam", account)
    name = unique("role")
    policy = trusted or trust(f"arn:aws:iam::{account}:root")
    role = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=policy)
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="permissions", PolicyDocument=document(*statements))
    return str(role["Role"]["Arn"])


def assume(accounts: Accounts, caller: Keys | str, role_arn: str, **more: Any) -> Keys:
    """Assume a role and return the session's keys."""
    request = {"RoleArn": role_arn, "RoleSessionName": "session", **more}
    found = accounts.client("sts", caller, config=UNCHECKED).assume_role(**request)["Credentials"]
    return Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def tenant(tenant_id: str) -> list[dict[str, str]]:
    """Return the session tag of a tenant."""
    return [{"Key": "tenant_id", "Value": tenant_id}]
