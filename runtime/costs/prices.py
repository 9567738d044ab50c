"""List prices, from ``prices.json``: US dollars, dated, with their sources."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """One Region's prices. A GB is AWS's: 1,024 to the power of three bytes.

    :param as_of: year and month.
    :param sources: the pages they are from, by service.
    """

    region: str
    as_of: str
    note: str
    sources: dict[str, str]
    lambda_arm_gb_second: float
    lambda_million_requests: float
    sqs_million_requests: float
    sns_million_requests: float
    fargate_arm_vcpu_hour: float
    fargate_arm_gb_hour: float
    m7g_large_hour: float
    s3_thousand_gets: float
    s3_thousand_puts: float
    s3_thousand_transitions: float
    s3_thousand_monitored_month: float
    s3_gb_month: float
    cloudwatch_logs_ingested_gb: float
    cloudwatch_logs_stored_gb_month: float
    cloudwatch_metric_month: float
    cloudwatch_alarm_month: float
    cloudwatch_dashboard_month: float
    kms_key_month: float
    kms_million_requests: float
    secretsmanager_secret_month: float
    internet_out_gb: float
    vpc_nat_gb: float
    vpc_nat_hour: float
    vpc_public_address_hour: float
    firehose_ingested_gb: float
    firehose_partitioned_gb: float
    firehose_thousand_partitioned_objects: float

    def of(self, name: str) -> float:
        """Return one price by its name: a delivery method's facts name the prices that it has."""
        price: float = getattr(self, name)
        return price


@cache
def list_prices() -> Prices:
    """Read them."""
    return Prices(**json.loads(Path(__file__).with_name("prices.json").read_text()))
