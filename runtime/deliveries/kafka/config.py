"""A delivery config's own fields for Kafka (contract §11)."""

import re
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from runtime.deliveries.cloudwatch.config import CustomerRoleArn
from runtime.deliveries.session_policy import reader, second_hop
from runtime.delivery_config.facts import MethodFacts, Order, Payer, Placement, PriceRow, Quantity
from runtime.delivery_config.model import DeliveryConfig, Texts
from runtime.delivery_config.write_rules import pem_certificates, rules_of
from runtime.endpoints.egress import EgressPolicy
from runtime.endpoints.secret import Secret
from runtime.errors import BlockedByCustomerError
from runtime.objects.key import ObjectKey

MAX_TOPIC: Final = 249
"""Characters, of a-z, A-Z, 0-9, ".", "_" and "-" (Kafka, ``Topic.MAX_NAME_LENGTH`` and ``Topic.LEGAL_CHARS``)."""
MAX_AUTHORITY: Final = 16_384
OF_KEY: Final = ("tenant_id", "cluster_id", "application")
_TOPIC = re.compile(r"(?:[A-Za-z0-9._-]|\{(?:" + "|".join(OF_KEY) + r")\})+")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PASSWORD = re.compile(r"[^:\s]{1,256}:\S{1,1024}")
_OTHER = re.compile(r"[^A-Za-z0-9._-]")

FACTS = MethodFacts(
    name="kafka",
    title="Kafka",
    placement=Placement.OUTSIDE,
    order=Order.STREAM,
    reads_events=True,
    limits=None,  # a planned batch is at most 10,000 records and some MiB: less than a producer's queue holds
    prices=(PriceRow(Payer.PROVIDER, "objects read", "s3_thousand_gets", Quantity.THOUSAND_OBJECTS),),
    secrets=("credentials",),
    example={
        "type": "kafka",
        "bootstrap_servers": ["broker-1.example.com:9096"],
        "topic": "logs-{application}",
        "auth": "scram",
        "credentials": ["logrouter/acme-corp/kafka-1"],
    },
)


class KafkaConfig(DeliveryConfig):
    """Which topic a tenant's events go to: one, or one for each application or cluster. Always by TLS."""

    facts: ClassVar[MethodFacts] = FACTS

    bootstrap_servers: Annotated[Texts, Field(min_length=1, max_length=10)]
    topic: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TOPIC)]
    auth: Literal["none", "scram", "mtls", "msk_iam"]
    credentials: Annotated[Texts, Field(max_length=2)] = ()
    log_distribution_role_arn: CustomerRoleArn | None = None
    ca: Annotated[str, StringConstraints(max_length=MAX_AUTHORITY), AfterValidator(pem_certificates)] | None = None
    format: Literal["message", "json"] = "message"

    @field_validator("bootstrap_servers")
    @classmethod
    def _are_allowed(cls, servers: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Refuse, when writing, an address that no delivery would connect to."""
        rules = rules_of(info)
        if rules:
            policy = EgressPolicy(allow_loopback=rules.allow_loopback)
            try:
                for server in servers:
                    policy.check_peer(server)
            except BlockedByCustomerError as error:
                raise ValueError(error.detail) from None
        return servers

    @field_validator("topic")
    @classmethod
    def _is_a_template(cls, topic: str, info: ValidationInfo) -> str:
        """Refuse, when writing, what can't name a topic."""
        if rules_of(info) and (not _TOPIC.fullmatch(topic) or topic in {".", ".."}):
            placeholders = ", ".join(f"{{{name}}}" for name in OF_KEY)
            raise ValueError(f"must be of letters, digits, ., _ and -, with none but the placeholders {placeholders}")
        return topic

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Refuse a config without what its way to sign in needs."""
        if self.auth in {"scram", "mtls"} and not self.credentials:
            raise ValueError(f"auth {self.auth} needs credentials")
        if self.auth == "msk_iam" and self.log_distribution_role_arn is None:
            raise ValueError("auth msk_iam needs log_distribution_role_arn")
        return self

    @classmethod
    def secret_problem(cls, field: str, value: Secret) -> str | None:
        """Return why a text can be no ``user:password`` and no certificate with its key. It quotes no part of it."""
        del field
        text = value.reveal()
        if _PASSWORD.fullmatch(text) or ("PRIVATE KEY-----" in text and "-----BEGIN CERTIFICATE-----" in text):
            return None
        return "must be user:password, or a certificate and its private key, both PEM"

    def topic_of(self, key: ObjectKey) -> str:
        """Return the topic for an object's events; characters that no topic has become an underscore."""
        return _PLACEHOLDER.sub(lambda found: _OTHER.sub("_", str(getattr(key, found[1]))), self.topic)

    @classmethod
    def destination_fields(cls) -> tuple[str, ...]:
        """Where the records go. A checkpoint holds on when a secret or the role is replaced."""
        return ("bootstrap_servers", "topic", "format")

    def session_policies(self, partition: str, central_bucket: str) -> tuple[dict[str, object], ...]:
        """The session that reads the objects, and with ``msk_iam`` the one that assumes the customer's role."""
        hops = (second_hop(self.log_distribution_role_arn),) if self.log_distribution_role_arn else ()
        return (reader(partition, central_bucket, self.tenant_id), *hops)

    @property
    def destination_key(self) -> tuple[str, ...]:
        """The topic of the cluster."""
        return ("kafka", *sorted(self.bootstrap_servers), self.topic)
