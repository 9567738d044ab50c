"""What a tenant costs: sums that can be done by hand."""

from dataclasses import replace

import pytest

from runtime.costs.assumptions import GIB, Assumptions, ProcessorCpu
from runtime.costs.prices import list_prices
from runtime.costs.tenant import TENANT_METRICS, Delivered, Part, Usage, tenant_costs, total, usage_of
from runtime.delivery_config.facts import Payer

METHODS = ("cloudwatch", "s3")
PRICES = list_prices()
CPU = ProcessorCpu(measured_on="", machine="", python="", cpu_seconds_per_gib=10, cpu_seconds_per_object=0)
PLAIN = Assumptions(wait_per_object_s=0, wait_per_mib_s=0, lambda_memory_gb=2)


def bill(usage, **more):
    return tenant_costs(usage, prices=PRICES, cpu=CPU, **{"assumptions": PLAIN, **more})


def test_nothing_costs_only_the_tenants_metrics():
    """A tenant that sends nothing would look free, or dear."""
    assert total(bill(Usage())) == pytest.approx(TENANT_METRICS * 0.30)
    assert total(bill(Usage(days=0))) == 0


def test_the_customer_pays_for_ingestion_and_what_it_keeps():
    """The largest item of all would be on the wrong bill, or left out."""
    usage = Usage(delivered={"cloudwatch": Delivered(gib=100)})
    items = bill(usage, assumptions=replace(PLAIN, customer_days_kept=0))
    assert total(items, payer=Payer.CUSTOMER) == pytest.approx(100 * 0.50)
    kept = bill(
        Usage(delivered={"cloudwatch": Delivered(gib=100)}), assumptions=replace(PLAIN, customer_days_kept=365 / 12)
    )
    assert total(kept, payer=Payer.CUSTOMER) == pytest.approx(100 * 0.50 + 15 * 0.03)


def test_each_event_is_billed_with_its_overhead():
    """A million tiny events would look like nothing."""
    usage = Usage(delivered={"cloudwatch": Delivered(events=GIB / 26)})
    a = replace(PLAIN, customer_days_kept=0)
    assert total(bill(usage, assumptions=a), payer=Payer.CUSTOMER) == pytest.approx(0.50)


def test_the_processors_work_costs_by_its_host():
    """Lambda and the poller would cost the same, or the wrong one would be cheaper."""
    usage = Usage(delivered={"cloudwatch": Delivered(gib=100)})
    on_lambda, on_poller = (
        total(item for item in bill(usage, on_poller=on_poller) if item.what == "processor")
        for on_poller in (False, True)
    )
    # 100 GiB x 10 s x 2 GB; on a pod of 0.5 vCPU, half busy: 100 x 10 / 0.5 / 0.5 s
    assert on_lambda == pytest.approx(2000 * 0.0000133334)
    assert on_poller == pytest.approx(4000 / 3600 * (0.5 * 0.03238 + 0.5 * 0.00356))


def test_what_has_expired_is_paid_for_as_long_again():
    """The bucket keeps it as a noncurrent version: the provider would be told half of what storage costs."""
    usage = Usage(gib=PLAIN.compression * 100)
    once, twice = (
        bill(usage, assumptions=replace(PLAIN, times_kept=times)) for times in (1.0, Assumptions().times_kept)
    )
    kept = [total(items, part=Part.COLLECTION) for items in (once, twice)]
    assert kept[1] == pytest.approx(2 * kept[0])


def test_objects_cost_by_their_number():
    """Small objects, the dear ones, would cost no more than large ones."""
    few, many = (usage_of(1, METHODS, replace(PLAIN, object_mib=size)) for size in (64, 0.25))
    not_kept = replace(PLAIN, days_kept=0)  # a byte costs as much in a small one
    collected = [total(bill(usage, assumptions=not_kept), part=Part.COLLECTION) for usage in (few, many)]
    assert collected[1] > 10 * collected[0]
    assert total(bill(many), part="s3", payer=Payer.PROVIDER) > 10 * total(bill(few), part="s3", payer=Payer.PROVIDER)


def test_objects_too_small_for_tiering_dont_pay_for_it():
    """Small objects would look dearer than they are, by a move that S3 doesn't make."""
    large, small = (
        total(
            item
            for item in bill(usage_of(1, METHODS, replace(PLAIN, object_mib=size)))
            if item.what == "objects tiered"
        )
        for size in (4, 0.25)
    )
    # 256 objects: moved once, monitored for 60 days, of which 30 as noncurrent versions
    assert large == pytest.approx(0.256 * (0.01 + 0.0025 * 60 / (730 / 24)))
    assert small == 0


def test_a_path_that_isnt_used_costs_nothing():
    """A tenant would be billed for a destination that it doesn't have."""
    items = bill(usage_of(10, ["s3"], PLAIN))
    assert total(items, part="cloudwatch") == 0
    assert total(items, part="s3") > 0
