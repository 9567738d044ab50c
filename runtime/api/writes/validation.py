"""From a request's fields to a valid config, or a 422 that names every wrong field."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus

from runtime.alerts.predicate import problem_of
from runtime.api.config_store import StoredConfig
from runtime.api.errors.problems import ProblemError, invalid
from runtime.api.regions import regions
from runtime.api.services import Services
from runtime.deliveries.session_policy import size_problem
from runtime.delivery_config.attribute_values import AttributeValue, plain_item
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.service_fields import SERVICE_FIELDS
from runtime.delivery_config.transform import Transform
from runtime.delivery_config.writing import InvalidConfigError, validate
from runtime.programs.check import problems_of
from runtime.programs.sandbox import EngineMissingError, WorkerLostError

KEY = ("tenant_id", "type")
VERIFIED_HOST, DISABLED_REASON = "verified_host", "disabled_reason"


def validate_fields(
    services: Services,
    fields: Mapping[str, object],
    tenant_id: str,
    type_: str | None = None,
    errors: Iterable[tuple[str, str]] = (),
) -> DeliveryConfig:
    """Return the config that the fields make for the path's tenant (and type); both may be left out of the fields.

    :param errors: what is known to be wrong already; reported with the rest.
    """
    path = {"tenant_id": tenant_id} | ({} if type_ is None else {"type": type_})
    found = [*errors]
    found += [
        (name, "must be the path's, or left out") for name, value in path.items() if fields.get(name, value) != value
    ]
    try:
        config = validate({**fields, **path}, services.models, services.write_rules())
    except InvalidConfigError as error:
        found += [(each.field, each.problem) for each in error.problems]
    else:
        found += size_problems(services, config) + program_problems(services, config.transform)
    if found:
        raise invalid("invalid-config", "nothing was changed: these fields are wrong", found)
    return config


def size_problems(services: Services, config: DeliveryConfig) -> list[tuple[str, str]]:
    """Return what makes a config too large for STS: it would be stored, and never deliver anything."""
    settings = services.settings
    problem = size_problem(config, regions()[settings.aws_region], settings.central_bucket)
    longest = max(config.destination_fields(), key=lambda name: len(str(getattr(config, name))))
    return [(longest, f"is too long to be delivered to: {problem}; choose a shorter one")] if problem else []


def program_problems(services: Services, transform: Transform | None) -> list[tuple[str, str]]:
    """Return what is wrong with a program, and where.

    :raises ProblemError: 503: it couldn't be found out.
    """
    if transform is None:
        return []
    with _checking():
        problems = problems_of(transform, services.sandbox)
    return [(f"transform.{name}", problem) for name, problem in problems]


def predicate_problems(services: Services, predicate: str | None) -> list[tuple[str, str]]:
    """Return what is wrong with an alert rule's predicate, and where. Raises as ``program_problems``."""
    if predicate is None:
        return []
    with _checking():
        problem = problem_of(predicate, services.sandbox)
    return [("predicate", str(problem))] if problem else []


@contextmanager
def _checking() -> Iterator[None]:
    try:
        yield
    except (EngineMissingError, WorkerLostError, TimeoutError) as error:
        raise unchecked("nothing was changed: the program can't be checked at the moment") from error


def unchecked(detail: str) -> ProblemError:
    """Return that programs can't be run now: an outage of ours."""
    code, headers = "program-not-checked", {"Retry-After": "5"}
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, code, detail, headers=headers)


def patched(
    services: Services,
    stored: StoredConfig,
    patch: Mapping[str, object],
    tenant_id: str,
    type_: str,
    *,
    errors: Iterable[tuple[str, str]] = (),
) -> DeliveryConfig:
    """Return the result of a merge patch on a stored config; ``null`` removes a field.

    :param errors: as ``validate_fields``.
    """
    model = services.models.get(type_.partition(":")[0])
    known = set(model.model_fields) if model else set()
    before = {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in plain_item(stored.item).items()
        if name in known - SERVICE_FIELDS
    }
    removed = {name for name, value in patch.items() if value is None}
    wrong = [*errors, *((name, "is part of the key and can't be removed") for name in KEY if name in removed)]
    # A null of an unknown field would vanish unseen; its name goes on to be refused like any other.
    merged = before | {
        name: _merged(before.get(name), value)
        for name, value in patch.items()
        if name not in removed or name not in known
    }
    merged |= dict.fromkeys(removed & SERVICE_FIELDS)
    fields = {name: value for name, value in merged.items() if name not in removed & (known - SERVICE_FIELDS)}
    return validate_fields(services, fields, tenant_id, type_, wrong)


def _merged(before: object, patch: object) -> object:
    """Merge a patch into a field's value (RFC 7396): of an object, member by member."""
    if not isinstance(patch, Mapping):
        return patch
    members = dict(before) if isinstance(before, Mapping) else {}
    merged = members | {name: _merged(members.get(name), value) for name, value in patch.items()}
    return {name: value for name, value in merged.items() if name not in patch or patch[name] is not None}


def notes_that_stay(config: DeliveryConfig, before: StoredConfig | None) -> dict[str, AttributeValue]:
    """Return the notes to be stored with a config: a host's proof holds for that host alone.

    :raises ProblemError: 409: it would be enabled, and its host hasn't proven to be the tenant's.
    """
    item = before.item if before else {}
    host = config.host_to_verify
    found: dict[str, AttributeValue] = {}
    if host is not None:
        if item.get(VERIFIED_HOST, {}).get("S") == host:
            found[VERIFIED_HOST] = item[VERIFIED_HOST]
        elif config.enabled:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "endpoint-not-verified",
                "the URL's host hasn't proven to be yours: write the config with ?enable=after-test, or with enabled "
                "false, test it, then enable it; a host that changes proves itself again",
            )
    if not config.enabled and DISABLED_REASON in item:
        found[DISABLED_REASON] = item[DISABLED_REASON]
    return found
