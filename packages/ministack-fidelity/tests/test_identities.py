"""Who a caller is, and what policies know of it, as in AWS."""

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.identities import assume, make_role, statement, tenant, trust

pytestmark = pytest.mark.embedded

CENTRAL, CUSTOMER = "111111111111", "222222222222"

ROOT = f"arn:aws:iam::{CENTRAL}:root"


def test_a_variable_in_a_resource_is_the_sessions_tag(accounts, central_bucket):
    """A policy with ${aws:PrincipalTag/…} would match nothing, or be read as text."""
    own = f"arn:aws:s3:::{central_bucket}/tenant_id=${{aws:PrincipalTag/tenant_id}}/*"
    role = make_role(accounts, CENTRAL, statement("s3:PutObject", own))
    s3 = accounts.client("s3", assume(accounts, CENTRAL, role, Tags=tenant("acme")))
    assert s3.put_object(Bucket=central_bucket, Key="tenant_id=acme/object", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=central_bucket, Key="tenant_id=globex/object", Body=b"")


def test_a_statement_whose_variable_has_no_value_matches_nothing(accounts, central_bucket):
    """An untagged session would reach what only tagged ones may."""
    own = f"arn:aws:s3:::{central_bucket}/*${{aws:PrincipalTag/tenant_id}}*"
    role = make_role(accounts, CENTRAL, statement("s3:PutObject", own))
    with pytest.raises(ClientError, match="AccessDenied"):
        accounts.client("s3", assume(accounts, CENTRAL, role)).put_object(Bucket=central_bucket, Key="key", Body=b"")


def test_a_variable_in_a_condition_is_substituted(accounts):
    """A trust policy that ties a request's tag to the caller's would let nobody in."""
    condition = {"StringEquals": {"sts:ExternalId": "${aws:PrincipalTag/tenant_id}"}}
    role = make_role(accounts, CUSTOMER, trusted=trust(ROOT, **condition))
    caller = make_role(accounts, CENTRAL, statement("sts:*"))
    session = assume(accounts, CENTRAL, caller, Tags=tenant("acme"))
    assert assume(accounts, session, role, ExternalId="acme")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(accounts, session, role, ExternalId="globex")


def test_a_callers_policy_knows_the_external_id(accounts):
    """A policy that lets a role be assumed with an ExternalId alone would let it be assumed by nobody."""
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    allowed["Condition"] = {"StringLike": {"sts:ExternalId": "?*"}, "StringNotEquals": {"aws:ResourceAccount": CENTRAL}}
    caller = assume(accounts, CENTRAL, make_role(accounts, CENTRAL, allowed))
    there, here = (make_role(accounts, account, trusted=trust(ROOT)) for account in (CUSTOMER, CENTRAL))
    assert assume(accounts, caller, there, ExternalId="any")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(accounts, caller, there)
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(accounts, caller, here, ExternalId="any")


def test_an_escaped_wildcard_is_a_character(accounts, central_bucket):
    """A tenant's prefix with a star in it would open other prefixes, or be refused altogether."""
    own = f"arn:aws:s3:::{central_bucket}/a${{*}}b${{?}}${{$}}/*"
    role = make_role(accounts, CENTRAL, statement("s3:PutObject", own))
    s3 = accounts.client("s3", assume(accounts, CENTRAL, role))
    assert s3.put_object(Bucket=central_bucket, Key="a*b?$/object", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=central_bucket, Key="aXbX$/object", Body=b"")


def test_an_escaped_wildcard_in_a_condition_is_a_character(accounts, central_bucket):
    """An equality with an escape in it would match nothing, a likeness too much."""
    list_ = {"Bucket": central_bucket}
    for operator, pattern, refused in (("StringEquals", "a${*}", "ab"), ("StringLike", "a*${*}", "abc")):
        role = make_role(accounts, CENTRAL, statement("s3:ListBucket", Condition={operator: {"s3:prefix": pattern}}))
        s3 = accounts.client("s3", assume(accounts, CENTRAL, role))
        assert s3.list_objects_v2(**list_, Prefix="a*")
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.list_objects_v2(**list_, Prefix=refused)


def test_the_principals_arn_is_the_roles_with_its_path(accounts):
    """The central role trusts processors by the path of their role: it would trust none, or all."""
    condition = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{CENTRAL}:role/processors/*"}}
    role = make_role(accounts, CENTRAL, trusted=trust(ROOT, **condition))
    inside = make_role(accounts, CENTRAL, statement("sts:*"), path="/processors/")
    outside = make_role(accounts, CENTRAL, statement("sts:*"), path="/others/")
    assert assume(accounts, assume(accounts, CENTRAL, inside), role)
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(accounts, assume(accounts, CENTRAL, outside), role)


def test_a_principal_names_a_role_with_its_path(accounts):
    """A customer that pins the central role by a wrong path would be served here, and not in AWS."""
    caller = make_role(accounts, CENTRAL, statement("sts:*"), path="/central/")
    session = assume(accounts, CENTRAL, caller)
    assert assume(accounts, session, make_role(accounts, CUSTOMER, trusted=trust(caller)))
    wrong = make_role(accounts, CUSTOMER, trusted=trust(caller.replace("/central/", "/")))
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(accounts, session, wrong)


def test_a_callers_own_policy_knows_the_external_id(accounts):
    """A caller that may assume roles under one ExternalId only would be refused all of them."""
    condition = {"StringEquals": {"sts:ExternalId": "expected"}}
    caller = make_role(accounts, CENTRAL, statement("sts:AssumeRole", Condition=condition))
    session, role = assume(accounts, CENTRAL, caller), make_role(accounts, CUSTOMER, trusted=trust(ROOT))
    assert assume(accounts, session, role, ExternalId="expected")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume(accounts, session, role, ExternalId="other")
