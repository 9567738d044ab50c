"""The delivery method ``webhook``: opens a sender for a delivery, asks an endpoint for its proof, switches it off."""

from typing import ClassVar, Final, cast

from runtime.deliveries.endpoint_method import EndpointMethod
from runtime.deliveries.event_request import Sender
from runtime.deliveries.method import SEAM_VERSION, BatchSource, Delivery
from runtime.deliveries.probe import PROBE_SECONDS, ProbeReport, ProbeStep, StepOutcome, try_steps
from runtime.deliveries.sessions import role_of
from runtime.deliveries.webhook.challenge import check_challenge
from runtime.deliveries.webhook.config import PORTS, WebhookConfig
from runtime.deliveries.webhook.sender import WebhookSender
from runtime.delivery_config.model import DeliveryConfig
from runtime.endpoints.classify_http import ENDPOINT_GONE
from runtime.endpoints.egress import CustomerEndpoint
from runtime.errors import BlockedByCustomerError, FailedCall, Hop
from runtime.time_budget import TimeBudget

NOT_VERIFIED: Final = "endpoint-not-verified"
CONCURRENT_REQUESTS: Final = 4
"""Ours, of one delivery: an endpoint is one customer's server, not a service of AWS."""


class WebhookDelivery(EndpointMethod):
    """Posts a tenant's events to the tenant's endpoint."""

    seam: ClassVar[int] = SEAM_VERSION
    config_model: ClassVar[type[WebhookConfig]] = WebhookConfig
    ports = PORTS

    @property
    def calls_in_flight(self) -> int:
        """Requests of one delivery that are under way at once: their order means nothing to the endpoint."""
        return CONCURRENT_REQUESTS

    def open(self, delivery: Delivery) -> Sender:
        """Check the address, the endpoint's proof and the secrets: none of them costs the object's download."""
        config = cast("WebhookConfig", delivery.config)
        endpoint = self._policy.check(config.url)
        if config.verified_host != endpoint.authority:
            raise _not_verified(endpoint)
        sender = self._sender(config, endpoint, delivery.budget)
        sender.read_secrets()
        return sender

    def deliver(self, delivery: Delivery, source: BatchSource | None) -> None:
        """Send it; an endpoint that is gone for good (410) has its config switched off."""
        try:
            super().deliver(delivery, source)
        except BlockedByCustomerError as error:
            marks = self._services.marks
            if error.reason == ENDPOINT_GONE and marks is not None:
                marks.switch_off(delivery.config, error.reason)
            raise

    def probe(self, config: DeliveryConfig, name: str = "", budget: TimeBudget | None = None) -> ProbeReport:
        """Send one made-up event, once the endpoint has proven that it is the tenant's: a new one is asked first."""
        wanted, both = cast("WebhookConfig", config), budget or TimeBudget.of_seconds(PROBE_SECONDS)
        if wanted.verified_host == wanted.host_to_verify:
            return super().probe(wanted, name, both)
        proof = self._proof(wanted, both)
        if not proof.passed:
            missed = (ProbeStep(each, StepOutcome.NOT_REACHED) for each in ("open", "send"))
            return ProbeReport((*proof.steps, *missed))
        rest = super().probe(wanted.model_copy(update={"verified_host": wanted.host_to_verify}), name, both)
        return ProbeReport((*proof.steps, *rest.steps), rest.left)

    def _proof(self, wanted: WebhookConfig, budget: TimeBudget) -> ProbeReport:
        """Have the endpoint prove that it is the tenant's, and note the host where it does."""
        opened: list[WebhookSender] = []

        def open_sender() -> None:
            endpoint = self._policy.check(wanted.url)
            opened.append(self._sender(wanted, endpoint, budget))
            opened[0].read_secrets()

        def note() -> None:
            if self._services.marks is not None:
                self._services.marks.verified(wanted, self._policy.check(wanted.url).authority)

        challenge = ("challenge", lambda: check_challenge(opened[0], wanted.format))
        return try_steps(("address", open_sender), challenge, ("note", note))

    def _sender(self, config: WebhookConfig, endpoint: CustomerEndpoint, budget: TimeBudget) -> WebhookSender:
        return WebhookSender(
            config,
            endpoint,
            client=self._client,
            secrets=self._secrets,
            role=role_of(config, self._services.role_chain),
            budget=budget,
            now=self._now,
        )


def _not_verified(endpoint: CustomerEndpoint) -> BlockedByCustomerError:
    step = "the endpoint has to answer its challenge: test the delivery config"
    error = BlockedByCustomerError(NOT_VERIFIED, f"{endpoint.origin} isn't known to be the tenant's; {step}")
    error.call = FailedCall(Hop.DESTINATION.name, "https:POST", endpoint.origin, step)
    return error
