"""The fields of an ``s3`` delivery config (contract §3)."""

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, ValidationInfo

from runtime.deliveries.session_policy import copier
from runtime.delivery_config.facts import MethodFacts, Order, Payer, Placement, PriceRow, Quantity
from runtime.delivery_config.grants import CANNED_ACL, TENANT_TAG, Grant, Place, Provider
from runtime.delivery_config.model import AccountId, DeliveryConfig
from runtime.delivery_config.write_rules import rules_of

DEFAULT_PREFIX = "ROSA/cluster-logs/"
MAX_PREFIX_BYTES = 768
"""Ours: leaves room, in S3's 1,024 bytes of a key, for the tenant and the short form of the rest."""

# S3 user guide, general purpose bucket naming rules.
_BUCKET = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9](?:[a-z0-9-]|\.(?![.])){1,61}[a-z0-9]")
_RESERVED_ENDINGS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_IP_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f]")


FACTS = MethodFacts(
    name="s3",
    title="Amazon S3",
    placement=Placement.INSIDE,
    order=Order.NONE,
    reads_events=False,
    limits=None,
    prices=(
        PriceRow(Payer.PROVIDER, "copies", "s3_thousand_puts", Quantity.THOUSAND_OBJECTS),
        PriceRow(Payer.CUSTOMER, "S3", "s3_gb_month", Quantity.KEPT_GIB, compression="compression"),
    ),
    example={"type": "s3:archive-eu", "bucket_name": "acme-corp-logs", "bucket_prefix": "openshift/"},
)


def _bucket(name: str, info: ValidationInfo) -> str:
    if not _BUCKET.fullmatch(name) or name.endswith(_RESERVED_ENDINGS) or _IP_ADDRESS.fullmatch(name):
        raise ValueError("must be a bucket's name: 3 to 63 of a-z, 0-9, '.' and '-' (S3 bucket naming rules)")
    if (rules := rules_of(info)) and name == rules.central_bucket:
        raise ValueError("must not be the central bucket: its objects would be delivered into itself, without end")
    return name


def normalize_prefix(prefix: str) -> str:
    """End a prefix with a slash; an empty one means the bucket's root."""
    if not prefix.strip():
        return ""
    return prefix if prefix.endswith("/") else f"{prefix}/"


def _prefix(prefix: str) -> str:
    if _CONTROL_CHARACTER.search(prefix):
        raise ValueError("must not have control characters")
    normalized = normalize_prefix(prefix)
    if len(normalized.encode()) > MAX_PREFIX_BYTES:
        raise ValueError(f"must have at most {MAX_PREFIX_BYTES} bytes, its trailing slash included")
    return normalized


class S3Config(DeliveryConfig):
    """A bucket in the customer's account."""

    facts = FACTS

    bucket_name: Annotated[str, AfterValidator(_bucket)]
    bucket_prefix: Annotated[str, AfterValidator(_prefix)] = DEFAULT_PREFIX
    bucket_owner: AccountId | None = None

    @classmethod
    def destination_fields(cls) -> tuple[str, ...]:
        """The bucket's name holds across all Regions, and its owner changes nothing of where it is."""
        return ("bucket_name", "bucket_prefix")

    @property
    def accounts(self) -> Mapping[str, str | None]:
        """The bucket's owner."""
        return {"bucket_owner": self.bucket_owner}

    def bound_by(self, accounts: tuple[str, ...], allowed_regions: tuple[str, ...]) -> Self:
        """Name the bucket's owner where the tenant has one account: every call then demands it."""
        bound = super().bound_by(accounts, allowed_regions)
        owned = len(accounts) == 1 and self.bucket_owner is None
        return bound.model_copy(update={"bucket_owner": accounts[0]}) if owned else bound

    @property
    def tenant_prefix(self) -> str:
        """The prefix under which everything of this tenant lands; the session policy allows no other."""
        return f"{self.bucket_prefix}{self.tenant_id}/"

    def session_policies(self, partition: str, central_bucket: str) -> tuple[dict[str, object], ...]:
        """The session that copies."""
        where = (self.bucket_name, self.tenant_prefix, self.allowed_regions)
        return (copier(partition, central_bucket, self.tenant_id, *where),)

    def grants(self, provider: Provider) -> tuple[Grant, ...]:
        """What the bucket's policy, and its key's, must allow to the central role for this tenant."""
        bucket = f"arn:{provider.partition}:s3:::{self.bucket_name}"
        objects = f"{bucket}/{self.tenant_prefix}*"
        own_tenant = {f"aws:PrincipalTag/{TENANT_TAG}": self.tenant_id}
        by = {"Effect": "Allow", "Principal": {"AWS": provider.central_role_arn}}
        put = {"StringEquals": {"s3:x-amz-acl": CANNED_ACL, **own_tenant}}
        abort = {"Action": "s3:AbortMultipartUpload", "Resource": objects, "Condition": {"StringEquals": own_tenant}}
        via = {"StringEquals": {"kms:ViaService": f"s3.{self.target_region}.{provider.url_suffix}", **own_tenant}}
        use = {"Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*", "Condition": via}
        writing = (
            {"Sid": "AllowLogDelivery", **by, "Action": "s3:PutObject", "Resource": objects, "Condition": put},
            {"Sid": "AllowAbortOfUnfinishedDelivery", **by, **abort},
        )
        return (
            Grant(Place.BUCKET_POLICY, bucket, writing),
            Grant(Place.KEY_POLICY, f"the key of {bucket}", ({"Sid": "AllowLogDelivery", **by, **use},)),
        )

    @property
    def destination_key(self) -> tuple[str, ...]:
        """The prefix of the bucket; a bucket's name is its own across all accounts and Regions of a partition."""
        return ("s3", self.bucket_name, self.bucket_prefix)
