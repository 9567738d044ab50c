"""Where a service is called: from a Region and the environment alone, without the SDK's rules (0.1 s of CPU to load).

What the environment may say is ``AWS_ENDPOINT_URL``, the same for one service, ``AWS_USE_FIPS_ENDPOINT`` and
``AWS_USE_DUALSTACK_ENDPOINT``; botocore's clients get the same settings, so that both call the same place. A profile
gives credentials and a Region, never an endpoint. A test holds every host name to the SDK's own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self
from urllib.parse import urlsplit


class _Partition(NamedTuple):
    regions: re.Pattern[str]
    suffix: str
    dual_stack_suffix: str
    fips_is_plain: frozenset[str] = frozenset()  # services whose usual endpoint is the FIPS one


_AWS = _Partition(re.compile(""), "amazonaws.com", "api.aws")
_PARTITIONS = (  # botocore's partitions.json
    _Partition(re.compile(r"us-gov-"), "amazonaws.com", "api.aws", frozenset({"logs", "sqs", "dynamodb", "sts"})),
    _Partition(re.compile(r"cn-"), "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    _Partition(re.compile(r"eusc-"), "amazonaws.eu", "api.amazonwebservices.eu"),
    _Partition(re.compile(r"us-iso-"), "c2s.ic.gov", "api.aws.ic.gov"),
    _Partition(re.compile(r"us-isob-"), "sc2s.sgov.gov", "api.aws.scloud"),
    _Partition(re.compile(r"eu-isoe-"), "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    _Partition(re.compile(r"us-isof-"), "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    _AWS,
)
_SERVICE_IDS = {
    "events": "EVENTBRIDGE",
    "logs": "CLOUDWATCH_LOGS",
    "secretsmanager": "SECRETS_MANAGER",
}  # where the variable's name isn't the client's
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")  # a bucket's name that is one label of a host name


class Endpoint(NamedTuple):
    """``url`` is scheme and host; ``path`` is what comes before the operation's own; the rest signs."""

    url: str
    host: str
    path: str
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The environment's settings. ``urls``: an endpoint for one service, by its variable's name."""

    url: str | None = None
    urls: Mapping[str, str] | None = None
    fips: bool = False
    dual_stack: bool = False

    @classmethod
    def from_environment(cls, variables: Mapping[str, str]) -> Self:
        """Read them."""
        return cls(
            variables.get("AWS_ENDPOINT_URL") or None,
            {name: url for name, url in variables.items() if name.startswith("AWS_ENDPOINT_URL_") and url},
            variables.get("AWS_USE_FIPS_ENDPOINT", "").lower() == "true",
            variables.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true",
        )

    def url_of(self, service: str) -> str | None:
        """Return the URL that is set for a service; ``None``: its usual one."""
        name = f"AWS_ENDPOINT_URL_{_SERVICE_IDS.get(service, service.upper())}"
        return (self.urls or {}).get(name) or self.url

    def find(self, service: str, region: str, bucket: str = "") -> Endpoint:
        """Return where a service is called, of S3 where a bucket is."""
        url = self.url_of(service)
        parts = urlsplit(url or f"https://{self._host(service, region)}")
        host, path = parts.netloc, parts.path.rstrip("/") if bucket else parts.path
        if bucket and not url and _LABEL.fullmatch(bucket):
            host, path = f"{bucket}.{host}", "/"
        elif bucket:
            path = f"{path}/{bucket}/"
        return Endpoint(f"{parts.scheme}://{host}", host, path, region, service)

    def _host(self, service: str, region: str) -> str:
        partition = next(one for one in _PARTITIONS if one.regions.match(region))
        plain = not self.fips or (not self.dual_stack and service in partition.fips_is_plain)
        name = service if plain else f"{service}-fips"
        if service != "s3":
            return f"{name}.{region}.{partition.dual_stack_suffix if self.dual_stack else partition.suffix}"
        if self.dual_stack:
            return f"{name}.dualstack.{region}.{partition.suffix}"
        if (name, region) == ("s3", "us-east-1"):  # its name from before there were Regions
            return f"{name}.{partition.suffix}"
        return f"{name}.{region}.{partition.suffix}"
