"""A delivery config's own fields for Elasticsearch and OpenSearch (contract §11)."""

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from runtime.deliveries.cloudwatch.config import CustomerRoleArn
from runtime.deliveries.elasticsearch.names import template_problem
from runtime.deliveries.session_policy import reader, second_hop
from runtime.delivery_config.facts import (
    MethodFacts,
    Order,
    Payer,
    Placement,
    PriceRow,
    Quantity,
    RequestLimits,
)
from runtime.delivery_config.grants import Grant, Provider, role_permission, trust
from runtime.delivery_config.model import DeliveryConfig, Texts
from runtime.delivery_config.write_rules import pem_certificates, rules_of
from runtime.endpoints.egress import AddressError, EgressPolicy
from runtime.endpoints.secret import Secret

MIB = 1024 * 1024
MAX_REQUEST_BYTES = 5 * MIB
"""Ours. Services take 10 MiB and more of a request (OpenSearch Service developer guide, network limits); a node under
load refuses large ones first."""
MAX_REQUEST_EVENTS = 655
"""As many as the answer has room for an error of each, of which 64 KiB are read (``bulk.ANSWER_BYTES_PER_EVENT``)."""
EVENT_OVERHEAD_BYTES = 2_048
"""Around a message: the action with its id, the time, and four segments of the key of at most 255 bytes each."""
PORTS = frozenset({443, 9200, 9243})
"""HTTPS, Elasticsearch's and OpenSearch's own port, and Elastic Cloud's."""
MAX_AUTHORITY = 16_384
_SLASHES_OF_AN_ORIGIN = 2
_CREDENTIALS = re.compile(r"[A-Za-z0-9+/_=-]{16,1024}|[^:\s]{1,256}:\S{1,1024}")  # a header's value is made of it

FACTS = MethodFacts(
    name="elasticsearch",
    title="Elasticsearch and OpenSearch",
    placement=Placement.OUTSIDE,
    order=Order.NONE,
    reads_events=True,
    limits=RequestLimits(MAX_REQUEST_EVENTS, MAX_REQUEST_BYTES, MAX_REQUEST_BYTES, EVENT_OVERHEAD_BYTES),
    prices=(PriceRow(Payer.PROVIDER, "objects read", "s3_thousand_gets", Quantity.THOUSAND_OBJECTS),),
    secrets=("credentials",),
    example={
        "type": "elasticsearch",
        "url": "https://logs.example.com:9243",
        "data_stream": "logs-{application}-default",
        "auth": "api_key",
        "credentials": ["logrouter/acme-corp/elasticsearch-1"],
    },
)


class ElasticsearchConfig(DeliveryConfig):
    """Where a tenant's events are indexed: one data stream or index, or one for each application or day."""

    facts: ClassVar[MethodFacts] = FACTS

    url: Annotated[str, StringConstraints(min_length=1, max_length=2048)]
    data_stream: str | None = None
    index: str | None = None
    auth: Literal["api_key", "basic", "aws_sigv4"]
    credentials: Annotated[Texts, Field(max_length=2)] = ()
    log_distribution_role_arn: CustomerRoleArn | None = None
    aws_service: Literal["es", "aoss"] = "es"
    ca: Annotated[str, StringConstraints(max_length=MAX_AUTHORITY), AfterValidator(pem_certificates)] | None = None
    compression: Literal["none", "gzip"] = "none"

    @field_validator("url")
    @classmethod
    def _is_allowed(cls, url: str, info: ValidationInfo) -> str:
        """Refuse, when writing, an address that no delivery would connect to."""
        rules = rules_of(info)
        if rules:
            try:
                endpoint = EgressPolicy(PORTS, allow_loopback=rules.allow_loopback).parse(url)
            except AddressError as error:
                raise ValueError(str(error)) from None
            if "?" in endpoint.target:
                raise ValueError("must have no query")
        return url

    @field_validator("data_stream", "index")
    @classmethod
    def _is_a_template(cls, template: str | None, info: ValidationInfo) -> str | None:
        """Refuse, when writing, what can't name one."""
        if rules_of(info) and template is not None:
            problem = template_problem(template, of_time=info.field_name == "index")
            if problem:
                raise ValueError(problem)
        return template

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse a config that names no index, or two, or nothing to sign in with."""
        if (self.data_stream is None) == (self.index is None):
            raise ValueError("exactly one of data_stream and index must be given")
        if self.auth == "aws_sigv4" and self.log_distribution_role_arn is None:
            raise ValueError("auth aws_sigv4 needs log_distribution_role_arn")
        if self.auth != "aws_sigv4" and not self.credentials:
            raise ValueError(f"auth {self.auth} needs credentials")
        return self

    @model_validator(mode="after")
    def _can_be_signed(self, info: ValidationInfo) -> Self:
        """Refuse, when writing, a path before the index: AWS' services have none, and it would be signed otherwise."""
        if rules_of(info) and self.auth == "aws_sigv4" and self.url.rstrip("/").count("/") > _SLASHES_OF_AN_ORIGIN:
            raise ValueError("url must have no path with auth aws_sigv4")
        return self

    @classmethod
    def secret_problem(cls, field: str, value: Secret) -> str | None:
        """Return why a text can be no API key and no ``user:password``. It quotes no part of it."""
        del field
        return None if _CREDENTIALS.fullmatch(value.reveal()) else "must be an encoded API key or user:password"

    @property
    def template(self) -> str:
        """The data stream's or index's name, with its placeholders."""
        return self.data_stream or self.index or ""

    @classmethod
    def destination_fields(cls) -> tuple[str, ...]:
        """Where the documents go. A checkpoint holds on when a secret or the role is replaced."""
        return ("url", "data_stream", "index")

    def session_policies(self, partition: str, central_bucket: str) -> tuple[dict[str, object], ...]:
        """The session that reads the objects, and to sign requests the one that assumes the customer's role."""
        hops = (second_hop(self.log_distribution_role_arn),) if self.log_distribution_role_arn else ()
        return (reader(partition, central_bucket, self.tenant_id), *hops)

    def grants(self, provider: Provider) -> tuple[Grant, ...]:
        """With SigV4: the role's trust, and posting to the account's domains or collections of the Region."""
        role = self.log_distribution_role_arn
        if role is None:
            return ()
        action, kind = ("es:ESHttpPost", "domain") if self.aws_service == "es" else ("aoss:APIAccessAll", "collection")
        _, partition, _, _, account, _ = role.split(":", 5)
        own = f"arn:{partition}:{self.aws_service}:{self.target_region}:{account}:{kind}/*"
        return (trust(role, self, provider), role_permission(role, "WriteLogs", [action], [own]))

    @property
    def destination_key(self) -> tuple[str, ...]:
        """The index at its address."""
        return ("elasticsearch", self.url, self.template)
