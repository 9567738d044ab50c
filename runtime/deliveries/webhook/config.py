"""A delivery config's own fields for an HTTPS endpoint of the customer's (contract §11)."""

import base64
import binascii
import re
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, StringConstraints, ValidationInfo, model_validator

from runtime.deliveries.cloudwatch.config import CustomerRoleArn
from runtime.deliveries.session_policy import reader, second_hop
from runtime.delivery_config.facts import MethodFacts, Order, Payer, Placement, PriceRow, Quantity, RequestLimits
from runtime.delivery_config.model import DeliveryConfig, Information, Names, SecretReferences
from runtime.delivery_config.write_rules import rules_of
from runtime.endpoints.egress import HTTPS_PORT, AddressError, EgressPolicy
from runtime.endpoints.secret import Secret

MAX_EVENTS: Final = 1_000
MAX_BYTES: Final = 2 * 1024 * 1024
"""Ours. An event has at most 1 MiB of text, more as a JSON literal; an endpoint that takes less answers 413."""
OVERHEAD_BYTES: Final = 2_048
"""Around a message in the longest format: names, the id, and four segments of the key of at most 255 bytes each."""
PORTS: Final = frozenset({HTTPS_PORT, 4318, 8088, 8443})
"""HTTPS, the OpenTelemetry protocol's own, Splunk's collector's own, and the usual second one of HTTPS."""
MAX_HEADERS: Final = 16
MAX_AUTHORITY: Final = 16_384
_HEADER = re.compile(r"(?P<name>x-[a-z0-9-]{1,62}): (?P<value>[\x21-\x7e]([\x20-\x7e]{0,510}[\x21-\x7e])?)")
_AUTH_HEADER = re.compile(r"authorization|api-key|dd-api-key|x-[a-z0-9-]{1,62}")
_RESERVED = ("x-forwarded-", "x-real-", "x-original-", "x-rewrite-", "x-http-method", "x-amz-", "x-amzn-")
"""Headers that proxies and gateways act on: what a config says there could speak for another caller."""
WebhookFormat = Literal["ndjson", "json", "otlp", "splunk_hec"]
"""What a request's body is."""
Compression = Literal["none", "gzip"]
_SIGNING_PREFIX: Final = "whsec_"
_SIGNING_BYTES: Final = range(24, 65)  # Standard Webhooks specification, "Secrets": between 24 and 64 bytes
_TOKEN = re.compile(r"[\x21-\x7e]{16,4096}")


FACTS: Final = MethodFacts(
    name="webhook",
    title="HTTPS endpoint",
    placement=Placement.OUTSIDE,
    order=Order.NONE,
    reads_events=True,
    limits=RequestLimits(MAX_EVENTS, MAX_BYTES, MAX_BYTES, OVERHEAD_BYTES),
    prices=(PriceRow(Payer.PROVIDER, "objects read", "s3_thousand_gets", Quantity.THOUSAND_OBJECTS),),
    secrets=("signing_secret", "token"),
    example={
        "type": "webhook",
        "enabled": False,
        "url": "https://logs.example.com/in",
        "signing_secret": ["logrouter/acme-corp/0123456789abcdef0123456789abcdef"],
    },
)


def _address(url: str, info: ValidationInfo) -> str:
    """Refuse, when writing, an address that no delivery would connect to."""
    rules = rules_of(info)
    if rules:
        try:
            EgressPolicy(PORTS, allow_loopback=rules.allow_loopback).parse(url)
        except AddressError as error:
            raise ValueError(str(error)) from None
    return url


def _authority(pem: str, info: ValidationInfo) -> str:
    """Refuse, when writing, what isn't a certificate: it would be trusted for nothing."""
    if rules_of(info):
        import ssl  # noqa: PLC0415 - for a writer alone: the inside processor reads configs, and starts without it

        try:
            pem.encode("ascii")
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
        except (ssl.SSLError, ValueError):
            raise ValueError("must be certificates in PEM form") from None
    return pem


def _static_headers(headers: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Refuse, when writing, a header that isn't on the list of those a config may set."""
    if rules_of(info) is None:
        return headers
    if len(headers) > MAX_HEADERS:
        raise ValueError(f"must have at most {MAX_HEADERS} headers")
    for position, header in enumerate(headers):
        found = _HEADER.fullmatch(header)
        if found is None or found["name"].startswith(_RESERVED):
            raise ValueError(
                f"entry {position} must be `x-name: value` in lower case and visible ASCII, and none of "
                f"{', '.join(f'{prefix}*' for prefix in _RESERVED)}; secrets belong into token"
            )
    names = [header.partition(":")[0] for header in headers]
    if len(set(names)) < len(names):
        raise ValueError("names a header twice")
    return headers


def _auth_header(name: str, info: ValidationInfo) -> str:
    if rules_of(info) and (not _AUTH_HEADER.fullmatch(name) or name.startswith(_RESERVED)):
        raise ValueError("must be authorization, api-key, dd-api-key or x-name, in lower case")
    return name


class WebhookConfig(DeliveryConfig):
    """Where a tenant's events are posted, in which form, and how the endpoint knows who sends them.

    ``signing_secret`` and ``token`` are references, the newest first; ``log_distribution_role_arn`` is the role that
    reads those that the customer keeps. ``verified_host`` is set by the service: the host that has proven to be the
    tenant's. ``disabled_reason``: why the service has switched the config off.
    """

    facts: ClassVar[MethodFacts] = FACTS

    url: Annotated[str, StringConstraints(min_length=1, max_length=2_048), AfterValidator(_address)]
    format: WebhookFormat = "ndjson"
    compression: Compression = "none"
    headers: Annotated[Names, AfterValidator(_static_headers)] = ()
    signing_secret: SecretReferences = ()
    token: SecretReferences = ()
    log_distribution_role_arn: CustomerRoleArn | None = None
    auth_header: Annotated[str, AfterValidator(_auth_header)] = "authorization"
    ca: Annotated[str, StringConstraints(max_length=MAX_AUTHORITY), AfterValidator(_authority)] | None = None
    verified_host: Information = None
    disabled_reason: Information = None

    @model_validator(mode="after")
    def _proves_itself(self) -> Self:
        """Refuse a config whose endpoint couldn't know who sends, or couldn't be known."""
        if self.format in ("ndjson", "json"):
            if not self.signing_secret:
                raise ValueError(f"format {self.format} needs signing_secret")
        elif not self.token:
            raise ValueError(f"format {self.format} needs token")
        return self

    @classmethod
    def secret_problem(cls, field: str, value: Secret) -> str | None:
        """Return why a text can't be the secret of a field, or ``None``. It quotes no part of it."""
        text = value.reveal()
        if field != "signing_secret":
            return None if _TOKEN.fullmatch(text) else "must be 16 to 4,096 characters of visible ASCII, without blanks"
        try:
            key = base64.b64decode(text.removeprefix(_SIGNING_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        good = text.startswith(_SIGNING_PREFIX) and len(key) in _SIGNING_BYTES
        return None if good else "must be whsec_ and the base64 of 24 to 64 random bytes"

    @classmethod
    def destination_fields(cls) -> tuple[str, ...]:
        """Where events go. A checkpoint stays when a secret, a header or the format is changed."""
        return ("url",)

    def session_policies(self, partition: str, central_bucket: str) -> tuple[dict[str, object], ...]:
        """The session that reads the objects, and the one that assumes the role that reads the customer's secrets."""
        hops = (second_hop(self.log_distribution_role_arn),) if self.log_distribution_role_arn else ()
        return (reader(partition, central_bucket, self.tenant_id), *hops)

    @property
    def host_to_verify(self) -> str:
        """The URL's host and port."""
        try:
            return EgressPolicy(PORTS, allow_loopback=True).parse(self.url).authority
        except AddressError:
            return ""

    @property
    def destination_key(self) -> tuple[str, ...]:
        """The endpoint."""
        return ("webhook", self.url)
