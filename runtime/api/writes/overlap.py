"""Two deliveries of one tenant to one place, with filters that share an object: everything would arrive twice."""

from http import HTTPStatus

from runtime.api.errors.problems import ProblemError
from runtime.api.services import Services
from runtime.delivery_config.model import DeliveryConfig

PAGE = 100


def refuse_overlap(services: Services, config: DeliveryConfig) -> None:
    """Raise 409 where another enabled config of the tenant delivers some of the same to the same place.

    Best effort: two configs written at the same moment don't see each other.
    """
    if not config.enabled or config.destination_key is None:
        return
    region, now = services.settings.aws_region, services.clock()
    destination = config.in_region(region).destination_key
    after: str | None = None
    while page := services.store.page(config.tenant_id, PAGE, after):
        for other in (stored.config for stored in page):
            if not isinstance(other, DeliveryConfig) or other.type == config.type:
                continue
            live = other.enabled and other.is_live(now)
            if live and other.in_region(region).destination_key == destination and config.overlaps(other):
                raise ProblemError(
                    HTTPStatus.CONFLICT,
                    "overlapping-config",
                    f"{other.type} delivers to the same place and its filter overlaps: logs would arrive there twice. "
                    f"Make the filters disjoint, choose another place, or disable one",
                )
        after = page[-1].item["type"]["S"]
