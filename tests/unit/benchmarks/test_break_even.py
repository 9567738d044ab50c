"""The page on cost: its figures are today's, and the formula is what it says."""

import math
from dataclasses import replace

import pytest

from benchmarks import break_even
from benchmarks.break_even import break_even_gib_a_day, costs
from benchmarks.pages import renewed
from runtime.costs.assumptions import DAYS_A_MONTH, Assumptions, ProcessorCpu
from runtime.costs.prices import list_prices

PRICES = replace(
    list_prices(),
    lambda_arm_gb_second=0.00001,
    lambda_million_requests=0.2,
    fargate_arm_vcpu_hour=0.03,
    fargate_arm_gb_hour=0.004,
    m7g_large_hour=0.08,
)
CPU = ProcessorCpu(measured_on="", machine="", python="", cpu_seconds_per_gib=10, cpu_seconds_per_object=0)
SIMPLE = Assumptions(
    wait_per_object_s=0,
    wait_per_mib_s=0,
    objects_side_by_side=1,
    lambda_memory_gb=2,
    poll_share=0.1,
    pod_vcpu=0.5,
    pod_gb=0.5,
    pods_at_least=2,
    pod_load=0.5,
)


def test_the_page_is_current():
    """Broken: the page shows yesterday's prices or CPU. Mend it: python -m benchmarks.break_even --write."""
    page = break_even.PAGE.read_text()
    assert renewed(page, break_even.MARK, break_even.section()) == page


def test_lambda_is_billed_for_cpu_and_requests():
    """Broken: the page would compare with a Lambda that nobody gets."""
    # 100 GiB x 10 s x 2 GB x 0.00001 = 0.02; 100 GiB / 1 MiB = 102,400 objects / 10 x 0.2 / 10^6 = 0.002048
    assert costs(100, 1, PRICES, CPU, SIMPLE).on_lambda == pytest.approx(0.022048)


def test_lambda_is_billed_for_waiting_where_that_is_longer():
    """Broken: small objects, Lambda's weak spot, would look free."""
    waiting = replace(SIMPLE, wait_per_object_s=1, objects_side_by_side=4)
    # 102,400 objects x 1 s / 4 = 25,600 s x 2 GB x 0.00001 = 0.512
    assert costs(100, 1, PRICES, CPU, waiting).on_lambda == pytest.approx(0.512 + 0.002048)


def test_the_poller_never_costs_less_than_its_least_pods():
    """Broken: the poller would look cheap where it mostly idles."""
    # 2 pods x 730 h x (0.5 x 0.03 + 0.5 x 0.004) = 24.82; nodes: 2 x 730 x 0.08 x 0.5 / 2 = 29.2
    found = costs(0, 1, PRICES, CPU, SIMPLE)
    assert (found.on_fargate, found.on_nodes) == (pytest.approx(24.82), pytest.approx(29.2))


@pytest.mark.parametrize("assumptions", [SIMPLE, replace(SIMPLE, wait_per_object_s=1.0)])
def test_more_work_needs_more_pods(assumptions):
    """Broken: the poller's price would stay flat for ever, by CPU or by waiting."""
    assert costs(1e6, 1, PRICES, CPU, assumptions).on_fargate > costs(0, 1, PRICES, CPU, assumptions).on_fargate


def test_the_break_even_is_where_the_two_cost_the_same():
    """Broken: the volume named on the page would be none."""
    volume = break_even_gib_a_day(4, PRICES, CPU, SIMPLE)
    found = costs(volume * DAYS_A_MONTH, 4, PRICES, CPU, SIMPLE)
    assert found.on_lambda == pytest.approx(found.on_fargate, rel=1e-3)


def test_there_may_be_no_break_even():
    """Broken: the search would name a volume where Lambda is still cheaper."""
    dear = replace(PRICES, fargate_arm_vcpu_hour=3000)
    assert math.isinf(break_even_gib_a_day(4, dear, CPU, SIMPLE))
