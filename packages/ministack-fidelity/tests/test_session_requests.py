"""STS refuses the sessions that it refuses in AWS."""

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.identities import assume, make_role, statement, tenant, trust

pytestmark = pytest.mark.embedded

CENTRAL = "111111111111"
ANYONE = trust("*")


@pytest.mark.parametrize(
    "request_",
    [
        {"RoleSessionName": "a"},
        {"RoleSessionName": "n" * 65},
        {"RoleSessionName": "two words"},
        {"ExternalId": "a"},
        {"ExternalId": "two words"},
        {"DurationSeconds": 899},
        {"DurationSeconds": 43_201},
        {"Tags": tenant("x" * 257)},
        {"Tags": tenant("a*b")},
        {"Tags": tenant("a\nb")},
        {"Tags": [{"Key": "k" * 129, "Value": "v"}]},
        {"Tags": [{"Key": "aws:tenant", "Value": "v"}]},
        {"Tags": [{"Key": f"k{number}", "Value": "v"} for number in range(51)]},
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}] * 11},
    ],
    ids=str,
)
def test_a_request_out_of_bounds_is_refused(accounts, request_):
    """A tenant whose id or ExternalId is of another form would be served here, and not in AWS."""
    with pytest.raises(ClientError, match="ValidationError"):
        assume(accounts, CENTRAL, make_role(accounts, CENTRAL), **request_)


@pytest.mark.parametrize(
    "request_",
    [
        {"RoleSessionName": "n" * 64},
        {"ExternalId": "a:/b@c"},
        {"DurationSeconds": 900},
        {"Tags": tenant("Zürich 1_.:/=+-@")},
        {"Tags": tenant("x" * 256)},
        {"Tags": tenant("")},
    ],
    ids=str,
)
def test_a_request_at_its_bounds_is_taken(accounts, request_):
    """The check would refuse what AWS takes."""
    assert assume(accounts, CENTRAL, make_role(accounts, CENTRAL), **request_)


def test_a_session_lasts_no_longer_than_its_role_allows(accounts):
    """A long session would work here, and nobody would set MaxSessionDuration before AWS asks for it."""
    role = make_role(accounts, CENTRAL)
    with pytest.raises(ClientError, match="MaxSessionDuration"):
        assume(accounts, CENTRAL, role, DurationSeconds=7200)
    name = role.rpartition("/")[2]
    accounts.client("iam", CENTRAL).update_role(RoleName=name, MaxSessionDuration=7200)
    assert assume(accounts, CENTRAL, role, DurationSeconds=7200)


def test_a_chained_session_lasts_an_hour_at_most(accounts):
    """Two hops with a longer session would work here and fail in AWS, whatever the role allows."""
    caller = assume(accounts, CENTRAL, make_role(accounts, CENTRAL, statement("sts:*")))
    role = make_role(accounts, CENTRAL, trusted=ANYONE)
    accounts.client("iam", CENTRAL).update_role(RoleName=role.rpartition("/")[2], MaxSessionDuration=7200)
    assert assume(accounts, caller, role, DurationSeconds=3600)
    with pytest.raises(ClientError, match="role chaining"):
        assume(accounts, caller, role, DurationSeconds=3601)


def test_a_session_policy_over_2048_characters_is_refused(accounts):
    """A policy that grows with a destination's name would fail only in AWS."""
    role = make_role(accounts, CENTRAL)
    policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"%s"}}'
    assert assume(accounts, CENTRAL, role, Policy=policy % ("r" * (2048 - len(policy) + 2)))
    with pytest.raises(ClientError, match="2048"):
        assume(accounts, CENTRAL, role, Policy=policy % ("r" * (2048 - len(policy) + 3)))
