"""What a writer must keep to beyond a field's form: rules that depend on the time, on Region data, on the installation.

They are given to a validation as its context. A reader gives none: yesterday's items stay readable when AWS adds a
Region or a config expires.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationInfo

from runtime.endpoints.customer_secret import problem, region_of

MAX_NAMES = 100
"""Ours: names in one list of a filter."""
MAX_NAME_BYTES = 255
"""A segment of an object's key (contract §2); a longer name could never match one."""
LATEST_TTL = 253_402_300_799
"""The last second of the year 9999."""


@dataclass(frozen=True)
class WriteRules:
    """The context of a validation by a writer.

    :param now: epoch seconds.
    :param central_bucket, central_account_id: into which no config may deliver.
    :param regions: every Region that exists, with its partition.
    :param allow_loopback: of the stage, as the processor has it: endpoints may be on this machine.
    :param home_region: where the central bucket is; empty: not known.
    """

    now: float
    central_bucket: str
    central_account_id: str
    regions: Mapping[str, str]
    latest_ttl: int = LATEST_TTL
    allow_loopback: bool = False
    home_region: str = ""

    @cached_property
    def partitions(self) -> frozenset[str]:
        """The partitions there are."""
        return frozenset(self.regions.values())


def rules_of(info: ValidationInfo) -> WriteRules | None:
    """Return the rules if a writer validates, ``None`` for a reader."""
    return info.context if isinstance(info.context, WriteRules) else None


def known_region(region: str, info: ValidationInfo) -> str:
    """Refuse, when writing, a Region that the SDK's data doesn't have."""
    rules = rules_of(info)
    if rules and region not in rules.regions:
        raise ValueError(
            "is not the name of an AWS Region, such as us-east-1; see the list of Regions of your partition"
        )
    return region


def names_that_can_be(names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    """Refuse, when writing, names that can't be a segment of an object's key: they could never match."""
    if rules_of(info) is None:
        return names
    if len(names) > MAX_NAMES:
        raise ValueError(f"must have at most {MAX_NAMES} names, not {len(names)}")
    for position, name in enumerate(names):
        if (
            name != name.strip()
            or not name.isprintable()
            or "/" in name
            or not 0 < len(name.encode()) <= MAX_NAME_BYTES
        ):
            raise ValueError(
                f"entry {position} must be 1 to {MAX_NAME_BYTES} bytes without a slash, control characters, "
                "or blanks around it"
            )
    return names


def readable_secrets(config: object, names: Iterable[str], info: ValidationInfo) -> None:
    """Refuse, when writing, a reference to a secret that the config's role couldn't read. :param names: of fields."""
    rules = rules_of(info)
    role_arn = getattr(config, "log_distribution_role_arn", None)
    for name in names:
        for reference in getattr(config, name):
            region, what = region_of(reference), problem(reference, role_arn)
            if rules and region and region not in rules.regions:
                what = f"{region} isn't the name of an AWS Region"
            if what:
                raise ValueError(f"{name}: {what}")


def pem_certificates(pem: str, info: ValidationInfo) -> str:
    """Refuse, when writing, what isn't certificates in PEM form: no endpoint would be trusted for their sake."""
    if rules_of(info) is None:
        return pem
    import ssl  # noqa: PLC0415 - for the few configs that name an authority

    try:
        pem.encode("ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        raise ValueError("must be certificates in PEM form") from None
    return pem
