"""The role chain: per tenant, tagged, named, cached, and never wider than its policy."""

import hashlib
import json
import threading

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st

from runtime.aws.credentials import use_credentials
from runtime.deliveries.role_chain import RoleChain, session_name
from runtime.deliveries.session_policy import reader
from runtime.errors import BlockedByCustomerError, RetryableError
from tests.unit.runtime.aws_world import (
    CENTRAL_ACCOUNT,
    CENTRAL_ROLE,
    CUSTOMER_ROLE,
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)

POLICY = reader("aws", "central", "acme")


@pytest.fixture
def requests(clients):
    """What STS is asked."""
    return clients.requested


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=1, max_size=128))
def test_a_session_name_is_the_tenant_or_its_start_and_digest(tenant_id):
    """STS would refuse a tenant of 1 or of over 64 characters, or two tenants would share a name in CloudTrail."""
    name = session_name(tenant_id)
    if 2 <= len(tenant_id) <= 64:
        assert name == tenant_id
    else:
        assert name == tenant_id[:47] + "-" + hashlib.sha256(tenant_id.encode()).hexdigest()[:16]
    assert 2 <= len(name) <= 64


def test_the_first_hop_is_for_one_tenant(clients, requests):
    """A session would be good for every tenant, or carry no tag for the customer to check."""
    RoleChain(clients, CENTRAL_ROLE).central("acme", POLICY)
    (request,) = requests
    assert request["RoleArn"] == CENTRAL_ROLE
    assert request["RoleSessionName"] == "acme"
    assert request["Tags"] == [{"Key": "tenant_id", "Value": "acme"}]
    assert "TransitiveTagKeys" not in request
    assert json.loads(request["Policy"]) == POLICY
    assert request["DurationSeconds"] <= 3600


def test_the_second_hop_is_made_by_a_session_that_can_do_nothing_else(clients, requests):
    """The customer's role would be assumed by the execution role, without ExternalId, or by a wide session."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    credentials = chain.customer("acme", CUSTOMER_ROLE)
    first, second = requests
    (statement,) = json.loads(first["Policy"])["Statement"]
    assert statement == {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": CUSTOMER_ROLE}
    assert second["RoleArn"] == CUSTOMER_ROLE
    assert second["ExternalId"] == CENTRAL_ACCOUNT
    assert second["RoleSessionName"] == "acme"
    assert "Tags" not in second
    _, _, signer = clients.calls[-1]
    assert signer is not None
    assert signer != credentials.access_key


def test_a_configs_own_external_id_is_used(clients, requests):
    """A tenant with an ExternalId of its own would be refused, or served with another's session."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    usual = chain.customer("acme", CUSTOMER_ROLE)
    own = chain.customer("acme", CUSTOMER_ROLE, "issued-to-acme")
    assert requests[-1]["ExternalId"] == "issued-to-acme"
    assert usual != own


def test_sessions_are_kept_apart_by_tenant_and_policy(clients):
    """One tenant's credentials would be used for another's logs."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    other = reader("aws", "central", "globex")
    sessions = [chain.central(*each) for each in (("acme", POLICY), ("globex", other), ("acme", other))]
    assert len({each.access_key for each in sessions}) == 3
    customers = [chain.customer(tenant, CUSTOMER_ROLE) for tenant in ("acme", "globex")]
    assert len({each.access_key for each in customers}) == 2


def test_both_hops_are_cached_until_shortly_before_they_expire(clients):
    """Three STS calls an object; or a session that ends in the middle of a delivery."""
    clock = Clock()
    chain = RoleChain(clients, CENTRAL_ROLE, clock=clock)
    first = chain.customer("acme", CUSTOMER_ROLE)
    assert chain.customer("acme", CUSTOMER_ROLE) is first
    assert clients.count() == {"AssumeRole": 2}
    clock.now = first.expires_at - 901
    assert chain.customer("acme", CUSTOMER_ROLE) is first
    clock.now = first.expires_at - 299
    assert chain.customer("acme", CUSTOMER_ROLE) is not first


def test_sessions_of_a_start_together_dont_end_together(clients):
    """Every hour all tenants' sessions would be renewed within the same minute, and STS would throttle them."""
    clock = Clock()
    chain = RoleChain(clients, CENTRAL_ROLE, clock=clock)
    tenants = [f"tenant-{number}" for number in range(60)]
    first = {tenant: chain.central(tenant, POLICY) for tenant in tenants}
    clock.now = first[tenants[0]].expires_at - 600
    renewed = [tenant for tenant in tenants if chain.central(tenant, POLICY) is not first[tenant]]
    assert len(tenants) / 4 < len(renewed) < len(tenants) * 3 / 4


def test_as_many_tenants_as_are_remembered_keep_their_sessions(clients):
    """Beyond 500 tenants a process would assume roles for every object, until STS throttles it."""
    chain = RoleChain(clients, CENTRAL_ROLE, tenants=50)

    def all_hops():
        for number in range(50):
            chain.customer(f"tenant-{number}", CUSTOMER_ROLE)
            chain.central(f"tenant-{number}", POLICY)

    all_hops()
    before = clients.count()["AssumeRole"]
    all_hops()
    assert clients.count()["AssumeRole"] == before


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_an_expired_session_is_forgotten_alone(clients):
    """A session that was revoked early would fail every delivery for an hour; or all tenants' would be renewed."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    central, customer = chain.central("acme", POLICY), chain.customer("acme", CUSTOMER_ROLE)
    chain.invalidate(customer)
    assert chain.central("acme", POLICY) is central
    renewed = chain.customer("acme", CUSTOMER_ROLE)
    assert renewed != customer
    chain.invalidate(central)
    assert chain.central("acme", POLICY) != central
    assert chain.customer("acme", CUSTOMER_ROLE) is renewed


def test_a_central_session_that_expired_is_renewed_for_the_second_hop(clients):
    """The second hop would go on failing with a session of the first that AWS no longer takes."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    clients.faults["AssumeRole"] = Fault("ExpiredTokenException", after=1, times=1)
    with pytest.raises(RetryableError) as refused:
        chain.customer("acme", CUSTOMER_ROLE)
    assert refused.value.reason == "expired-token"
    chain.customer("acme", CUSTOMER_ROLE)
    assert clients.count()["AssumeRole"] == 4


def test_a_refused_first_hop_is_ours(clients):
    """Our own missing permission would be shown to every customer as theirs."""
    clients.faults["AssumeRole"] = Fault("AccessDenied", 403)
    with pytest.raises(RetryableError) as refused:
        RoleChain(clients, CENTRAL_ROLE).customer("acme", CUSTOMER_ROLE)
    assert refused.value.reason == "first-hop-denied"


def test_a_refused_second_hop_is_the_customers(clients):
    """A customer's mistake in a trust policy would raise our alarm, or delete their logs."""
    clients.faults["AssumeRole"] = Fault("AccessDenied", 403, after=1)
    with pytest.raises(BlockedByCustomerError) as refused:
        RoleChain(clients, CENTRAL_ROLE).customer("acme", CUSTOMER_ROLE)
    assert refused.value.reason == "second-hop-denied"
    assert CUSTOMER_ROLE in refused.value.detail
    assert "ExternalId" in refused.value.detail


@pytest.mark.parametrize(
    "fault", [Fault("Throttling"), Fault("X", 500), Fault(error=EndpointConnectionError(endpoint_url="https://sts"))]
)
def test_sts_that_is_down_is_retryable_and_not_remembered(clients, fault):
    """An outage of STS would park deliveries, or last longer for us than for AWS."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    clients.faults["AssumeRole"] = fault
    with pytest.raises(RetryableError):
        chain.customer("acme", CUSTOMER_ROLE)
    clients.faults.clear()
    assert chain.customer("acme", CUSTOMER_ROLE)


def test_a_burst_of_threads_assumes_each_role_once(clients):
    """A burst of one tenant's objects would be throttled by STS."""
    chain, barrier = RoleChain(clients, CENTRAL_ROLE), threading.Barrier(8)

    def want():
        barrier.wait()
        chain.customer("acme", CUSTOMER_ROLE)

    threads = [threading.Thread(target=want) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clients.count() == {"AssumeRole": 2}


def test_the_central_session_is_assumed_by_the_processor_itself(clients):
    """A tenant's session would try to assume the central role, and be refused."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    with use_credentials(chain.customer("acme", CUSTOMER_ROLE)):
        chain.central("acme", POLICY)
    assert clients.calls[-1] == ("AssumeRole", "us-east-1", None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("PackedPolicyTooLarge", "session-policy-too-long"),
        ("MalformedPolicyDocument", "session-policy-refused"),
    ],
)
def test_a_session_policy_that_sts_refuses_is_the_configs_matter(clients, code, reason):
    """It would be tried for a day as if STS were unavailable, and nobody know what to change."""
    clients.faults["AssumeRole"] = Fault(code, 400)
    with pytest.raises(BlockedByCustomerError) as refused:
        RoleChain(clients, CENTRAL_ROLE).central("acme", POLICY)
    assert refused.value.reason == reason


def test_a_customers_session_is_bound_to_the_tenants_regions(clients, requests):
    """The customer's role could write in a Region that the tenant's record forbids; or one session serve both."""
    chain = RoleChain(clients, CENTRAL_ROLE)
    bound = chain.customer("acme", CUSTOMER_ROLE, None, ("eu-west-1",))
    (statement,) = json.loads(requests[-1]["Policy"])["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["eu-west-1"]}}
    assert chain.customer("acme", CUSTOMER_ROLE) is not bound
    assert "Policy" not in requests[-1]
