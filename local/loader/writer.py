"""Writing as the agent does: under its cluster's own role, assumed by the service account's token."""

import base64
import json
from pathlib import Path
from typing import Any

from local.accounts import EmbeddedAccounts
from local.loader.objects import LogObject
from ministack_fidelity.accounts import Keys

SESSION_NAME = "vector"


def web_identity_token(issuer: str, subject: str) -> str:
    """Make a token as the cluster's issuer would for this service account.

    It isn't signed: the emulator reads the claims and compares them with the role's trust policy, but checks no
    signature. In a cluster, the API server signs it and STS checks that against the issuer's keys.
    """
    parts = ({"alg": "none"}, {"iss": f"https://{issuer}", "sub": subject, "aud": "sts.amazonaws.com"})
    return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), ""])


def writer_keys(accounts: EmbeddedAccounts, central_account: str, role_arn: str, token: str) -> Keys:
    """Assume a role by web identity. The account only says where the emulator looks; the token is what counts."""
    answer = accounts.client("sts", central_account).assume_role_with_web_identity(
        RoleArn=role_arn, RoleSessionName=SESSION_NAME, WebIdentityToken=token
    )["Credentials"]
    return Keys(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])


def put_object(s3: Any, bucket: str, object_: LogObject) -> None:
    """Write one object as the agent's S3 sink writes it."""
    s3.put_object(
        Bucket=bucket,
        Key=object_.key,
        Body=object_.body,
        ContentType="application/x-ndjson",
        ContentEncoding="gzip",
    )


def keep(home: Path, object_: LogObject) -> None:
    """Keep a copy of what was sent, to count against."""
    path = home / "sent" / object_.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(object_.body)


def kept(home: Path) -> list[LogObject]:
    """Return everything that was sent into this cloud."""
    root = home / "sent"
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [LogObject(str(path.relative_to(root)), path.read_bytes()) for path in paths]
