"""ExternalIds that the service issues: each names its tenant by a digest, so that no other tenant's config may use it.

ExternalIds aren't secrets (IAM user guide, "Access to AWS accounts owned by third parties"): a tenant that knows
another's could name it in its config. One of ours is refused there by itself, without a look-up.
"""

import hashlib
import re
from typing import Final
from uuid import uuid4

NOT_THE_TENANTS: Final = "external-id-not-issued"
_ISSUED: Final = re.compile(r"logrouter-([0-9a-f]{16})-[0-9a-f]{32}")


def issue(tenant_id: str) -> str:
    """Return a new ExternalId for a tenant: never one that there was."""
    return f"logrouter-{_digest(tenant_id)}-{uuid4().hex}"


def is_anothers(external_id: str | None, tenant_id: str) -> bool:
    """Whether an ExternalId was issued to another tenant."""
    issued = _ISSUED.fullmatch(external_id or "")
    return issued is not None and issued[1] != _digest(tenant_id)


def _digest(tenant_id: str) -> str:
    return hashlib.sha256(tenant_id.encode()).hexdigest()[:16]
