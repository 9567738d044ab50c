"""`environment.json`: where everything of a deployed embedded cloud is. Scripts rely on its form (contract §9)."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class TenantDestinations:
    """What one tenant's customer set up in its own account."""

    log_group_name: str
    log_distribution_role_arn: str
    bucket_name: str
    bucket_prefix: str

    @property
    def account(self) -> str:
        """The customer's account."""
        return self.log_distribution_role_arn.split(":")[4]


@dataclass(frozen=True, slots=True)
class LocalEnvironment:
    """The file's content."""

    endpoint_url: str
    region: str
    central_account: str
    customer_accounts: list[str]
    central_bucket: str
    object_queue_url: str
    object_dlq_url: str
    delivery_queue_url: str
    delivery_dlq_url: str
    tenant_config_table: str
    api_url: str
    central_log_distribution_role_arn: str
    processor_function_name: str
    tenants: dict[str, TenantDestinations]
    outside_queue_url: str = ""
    """Empty where nothing is delivered to addresses that customers choose."""

    def save(self, home: Path) -> Path:
        """Write it, and return its path."""
        path = home / "environment.json"
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")
        return path

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read it."""
        content = json.loads((home / "environment.json").read_text())
        tenants = {name: TenantDestinations(**tenant) for name, tenant in content.pop("tenants").items()}
        return cls(**content, tenants=tenants)
