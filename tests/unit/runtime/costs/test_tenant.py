"""What a tenant costs: sums that can be done by hand."""

from dataclasses import replace

import pytest

from runtime.costs import requests as request_counts
from runtime.costs.assumptions import GIB, Assumptions, ProcessorCpu
from runtime.costs.prices import list_prices
from runtime.costs.requests import requests_of
from runtime.costs.tenant import TENANT_METRICS, Delivered, Part, Usage, tenant_costs, total, usage_of
from runtime.delivery_config.facts import Payer, RequestLimits
from runtime.objects import batches

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


OUTSIDE = Usage(delivered={"webhook": Delivered(objects=1000, gib=10, events=1e6)})


def test_a_delivery_outside_costs_its_hand_over_its_sessions_and_the_way_out():
    """A provider would offer webhooks at the price of CloudWatch, and pay for the traffic."""
    a = replace(PLAIN, requests_a_message=3, outside_processes=2, session_minutes=40, issuer_s=0.5, issuer_memory_gb=1)
    found = {item.what: item.dollars for item in bill(OUTSIDE, assumptions=a) if item.part == "webhook"}
    assert found["hand-over to the outside, with its pass"] == pytest.approx(1000 * (3 * 0.40 + 3.00) / 1e6)
    # two processes, each with a session in 40 minutes of 730 hours, and no more of them than deliveries
    assert found["sessions of the issuer"] == pytest.approx(1000 * (0.5 * 0.0000133334 + 3.20 / 1e6))
    assert found["bytes to the internet"] == pytest.approx(10 * 0.09)
    # 11 requests an object, each waited for a tenth of a second, ten objects at once: more than 100 s of CPU
    assert found["outside processor"] == pytest.approx(110 * 1.0 * 0.0000133334 + 1000 * 0.1 * 0.20 / 1e6)
    assert found["processor, which hands over"] == pytest.approx(1000 * 0.1 * 0.20 / 1e6)
    busy = Usage(delivered={"webhook": Delivered(objects=1e6)})
    sessions = next(item for item in bill(busy, assumptions=a) if item.what == "sessions of the issuer")
    assert sessions.dollars == pytest.approx(2 * 730 * 60 / 40 * (0.5 * 0.0000133334 + 3.20 / 1e6))


def test_a_network_of_the_outsides_costs_each_byte_once_more():
    """The largest item of a webhook after the traffic itself would come as a surprise."""
    without, with_ = (total(bill(OUTSIDE, on_network=on_network)) for on_network in (False, True))
    assert with_ - without == pytest.approx(10 * 0.045)
    inside = Usage(delivered={"cloudwatch": Delivered(objects=1000, gib=10)})
    assert total(bill(inside, on_network=True)) == total(bill(inside))


def test_a_function_is_billed_by_its_invocations():
    """A customer would be told a thousandth of them, as an object of many events is one invocation no longer."""
    one = Usage(delivered={"function": Delivered(objects=100, gib=100 / 1024, events=100 * 500)})
    many = Usage(delivered={"function": Delivered(objects=100, gib=100 * 10 / 1024, events=100 * 10_000)})
    invoked = [total(bill(usage), payer=Payer.CUSTOMER) / 0.20 * 1e6 for usage in (one, many)]
    assert invoked == pytest.approx([200, 1_100])  # of 1 MiB and 26 bytes an event: two batches; of ten: eleven


@pytest.mark.parametrize(
    ("objects", "gib", "events", "wanted"),
    [(0, 0, 0, 0), (3, 0, 3, 3), (1, 0.0001, 1000, 1), (1, 0.0001, 1001, 2), (2, 0.0001, 20_002, 24), (1, 0.5, 0, 512)],
)
def test_requests_are_cut_from_planned_batches(objects, gib, events, wanted):
    """A method's calls would be counted by objects, whatever they hold."""
    limits = RequestLimits(events=1000, bytes=2**20, event_bytes=2**20)
    assert requests_of(limits, objects=objects, gib=gib, events=events) == wanted
    assert requests_of(None, objects=objects, gib=gib, events=events) <= wanted


def test_planned_batches_are_what_they_are():
    """Requests would be counted by limits that no batch has any more."""
    names = ("MAX_BATCH_EVENTS", "MAX_BATCH_BYTES", "EVENT_OVERHEAD_BYTES")
    assert [getattr(request_counts, name) for name in names] == [getattr(batches, name) for name in names]


def test_a_program_costs_the_cpu_that_was_measured():
    """A tenant's program would be paid for by the others."""
    plain = Delivered(objects=100, gib=1, events=1e6)
    with_program = replace(plain, program_cpu_s=12.0, program_events=1e6)
    added = {}
    for delivered in (plain, with_program):
        for item in tenant_costs(Usage(delivered={"cloudwatch": delivered})):
            added[item.what] = item.dollars - added.get(item.what, 0.0)
    (dollars,) = [each for what, each in added.items() if "program" in what]
    prices, a = list_prices(), Assumptions()
    seconds = 12.0 + 1e6 * a.program_hand_over_s
    assert dollars == pytest.approx(seconds * a.lambda_memory_gb * prices.lambda_arm_gb_second)
