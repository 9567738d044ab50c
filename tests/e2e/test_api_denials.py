"""Who may call what: IAM's judgement of each call's path, enforced by the embedded cloud.

Each denial stands beside the same call under a policy that is one step wider, where it is allowed: a policy that was
widened by mistake fails its test.
"""

import http.client
import json
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ministack_fidelity.identities import assume, make_role, statement, trust, unique
from tests.e2e.cloud import ACME, CENTRAL, GLOBEX


def call(cloud, keys, method, path, body=None):
    """Send a path as it is, unlike a client that would tidy it; ``keys`` of ``None`` don't sign."""
    url = cloud.environment.api_url + path
    headers = {"content-type": "application/json"} if body else {}
    request = AWSRequest(method=method, url=url, data=body, headers=headers)
    if keys is not None:
        credentials = Credentials(keys.access_key, keys.secret_key, keys.token)
        SigV4Auth(credentials, "execute-api", cloud.environment.region).add_auth(request)
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    raw = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, raw, body=body, headers=dict(request.headers.items()))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def caller(cloud, *paths, trusted_account=CENTRAL):
    """Assume a role of the central account that may call these paths of the API alone."""
    api_id = cloud.environment.api_url.split("/")[-2]
    arn = f"arn:aws:execute-api:{cloud.environment.region}:{CENTRAL}:{api_id}/v1/"
    allowed = statement("execute-api:Invoke", [arn + path for path in paths])
    trusted = trust(f"arn:aws:iam::{trusted_account}:root")
    return assume(cloud.accounts, trusted_account, make_role(cloud.accounts, CENTRAL, allowed, trusted=trusted))


@pytest.fixture(scope="module")
def tenants(cloud):
    """Two tenants with a config each; the second one's is what the first may not see."""
    mine, other = unique("acme"), unique("globex")
    for tenant_id in (mine, other):
        cloud.api().create(tenant_id, {"type": "s3", "bucket_name": f"bucket-of-{tenant_id}"})
    yield mine, other
    for tenant_id in (mine, other):
        cloud.api().delete(tenant_id, "s3")


@pytest.fixture(scope="module")
def mine_alone(cloud, tenants):
    """A caller for the first tenant alone."""
    return caller(cloud, f"*/tenants/{tenants[0]}/*")


@pytest.fixture(scope="module")
def everyone(cloud):
    """A caller whose policy is wider: every tenant."""
    return caller(cloud, "*/tenants/*", "GET/groups")


def test_a_tenants_caller_sees_its_own(cloud, tenants, mine_alone):
    """Every denial below would prove nothing: the caller could do nothing at all."""
    status, content = call(cloud, mine_alone, "GET", f"/tenants/{tenants[0]}/delivery-configs")
    assert status == 200
    assert len(json.loads(content)["delivery_configs"]) == 1


@pytest.mark.parametrize(
    "request_",
    [
        ("GET", "/tenants/{other}/delivery-configs", None, 200),
        ("GET", "/tenants/{other}/delivery-configs/s3", None, 200),
        ("GET", "/tenants/{other}/delivery-configs/s3/effective", None, 200),
        ("POST", "/tenants/{other}/delivery-configs/s3/match", b"{}", 200),
        ("POST", "/tenants/{other}/delivery-configs", b"{}", 422),
        ("PUT", "/tenants/{other}/delivery-configs/s3", b"{}", 422),
        ("PATCH", "/tenants/{other}/delivery-configs/s3", b'{"shiny": true}', 422),
        ("DELETE", "/tenants/{other}/delivery-configs/s3:none", None, 404),
        ("GET", "/groups", None, 200),
    ],
)
def test_another_tenants_configs_are_denied(cloud, tenants, mine_alone, everyone, request_):
    """One tenant could read or redirect another's logs."""
    method, path, body, allowed = request_
    path = path.format(other=tenants[1])
    assert call(cloud, mine_alone, method, path, body)[0] == 403
    assert call(cloud, everyone, method, path, body)[0] == allowed


@pytest.mark.parametrize(
    "path",
    [
        "/tenants/{mine}/../{other}/delivery-configs",
        "/tenants/{mine}/%2e%2e/{other}/delivery-configs",
        "/tenants/{mine}%2F..%2F{other}/delivery-configs",
        "/tenants/{mine}/%2E%2E%2F{other}/delivery-configs",
        "/tenants/{mine}/..%2f..%2ftenants%2f{other}%2fdelivery-configs",
        "/tenants/{mine}/delivery-configs/..;/../../{other}/delivery-configs",
        "/tenants//{other}/delivery-configs",
        "//tenants/{other}/delivery-configs",
        "/tenants/{mine}//../{other}/delivery-configs",
        "/tenants/{other}%00/delivery-configs",
        "/tenants/{mine}%0a{other}/delivery-configs",
        "/tenants/{mine}%252f..%252f{other}/delivery-configs",
        "/tenants/{other}/delivery-configs/",
        "/tenants/{mine}/delivery-configs/../../{other}/delivery-configs/s3",
        "/health/../tenants/{other}/delivery-configs",
    ],
)
def test_no_way_of_writing_a_path_gets_around_it(cloud, tenants, mine_alone, everyone, path):
    """A path that IAM reads as the caller's own tenant would be served as another's."""
    mine, other = tenants
    path = path.format(mine=mine, other=other)
    for keys in (mine_alone, everyone):
        status, content = call(cloud, keys, "GET", path)
        assert status in {400, 403, 404}, content
        assert b"bucket-of-" not in content


def test_case_makes_another_tenant(cloud, tenants, mine_alone):
    """Tenants that differ by case alone would be one for the policy or for the table."""
    shouted = f"/tenants/{tenants[0].upper()}/delivery-configs"
    assert call(cloud, mine_alone, "GET", shouted)[0] == 403
    (status, content) = call(cloud, caller(cloud, f"GET{shouted}"), "GET", shouted)
    assert (status, json.loads(content)["delivery_configs"]) == (200, [])


def test_a_longer_tenant_id_isnt_covered(cloud, tenants, mine_alone, everyone):
    """The policy of `acme` would cover `acme-corp`."""
    path = f"/tenants/{tenants[0]}-and-more/delivery-configs"
    assert (call(cloud, mine_alone, "GET", path)[0], call(cloud, everyone, "GET", path)[0]) == (403, 200)


def test_a_reader_may_not_change(cloud, tenants):
    """A policy for GET alone would let its caller redirect a tenant's logs."""
    path, body = f"/tenants/{tenants[0]}/delivery-configs/s3", b'{"shiny": true}'
    reader, writer = (caller(cloud, f"{method}/tenants/{tenants[0]}/*") for method in ("GET", "PATCH"))
    assert (call(cloud, reader, "GET", path)[0], call(cloud, reader, "PATCH", path, body)[0]) == (200, 403)
    assert call(cloud, writer, "PATCH", path, body)[0] == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tenants/{mine}/delivery-configs"),
        ("DELETE", "/tenants/{mine}/delivery-configs/s3"),
        ("GET", "/groups"),
        ("GET", "/openapi.json"),
        ("GET", "/"),
        ("POST", "/health"),
        ("GET", "/no-such-path"),
    ],
)
def test_an_unsigned_call_is_denied(cloud, tenants, everyone, method, path):
    """Anyone on the internet could call it."""
    assert call(cloud, None, method, path.format(mine=tenants[0]))[0] == 403
    assert call(cloud, None, "GET", "/health")[0] == 200


def test_a_caller_without_a_policy_is_denied(cloud, tenants):
    """Being in the account would be enough."""
    nobody = assume(cloud.accounts, CENTRAL, make_role(cloud.accounts, CENTRAL))
    assert call(cloud, nobody, "GET", f"/tenants/{tenants[0]}/delivery-configs")[0] == 403


def test_a_tenant_calls_from_its_own_account_through_its_role(cloud, tenants):
    """A tenant that is given a role of the provider's could not use it, or another account could."""
    mine, other = (f"/tenants/{tenant_id}/delivery-configs" for tenant_id in tenants)
    session = caller(cloud, f"*/tenants/{tenants[0]}/*", trusted_account=ACME)
    assert (call(cloud, session, "GET", mine)[0], call(cloud, session, "GET", other)[0]) == (200, 403)


def test_another_accounts_own_policy_is_not_enough(cloud, tenants):
    """Any AWS account could allow itself to call this API."""
    api_id = cloud.environment.api_url.split("/")[-2]
    arn = f"arn:aws:execute-api:{cloud.environment.region}:{CENTRAL}:{api_id}/*"
    stranger = assume(cloud.accounts, GLOBEX, make_role(cloud.accounts, GLOBEX, statement("execute-api:*", arn)))
    assert call(cloud, stranger, "GET", f"/tenants/{tenants[0]}/delivery-configs")[0] == 403
