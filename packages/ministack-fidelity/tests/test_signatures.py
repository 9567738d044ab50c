"""A request whose signature doesn't hold is refused, by any principal."""

import datetime as dt
import urllib.error
import urllib.request

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from ministack_fidelity.accounts import Keys
from ministack_fidelity.identities import UNCHECKED, assume, document, make_role, statement, unique

pytestmark = pytest.mark.embedded

CENTRAL = "111111111111"


def root(accounts):
    return Keys(CENTRAL)


def session(accounts):
    return assume(accounts, CENTRAL, make_role(accounts, CENTRAL, statement("*")))


def user(accounts):
    iam, name = accounts.client("iam", CENTRAL), unique("user")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document(statement("*")))
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return Keys(made["AccessKeyId"], made["SecretAccessKey"])


@pytest.fixture(params=[root, session, user], ids=lambda each: each.__name__)
def keys(request, accounts):
    """Keys of each kind of principal."""
    return request.param(accounts)


def send(accounts, keys, service, request, *, sent=None, minutes=0):
    """Sign a request as of so many minutes from now, send it with this body, return (status, body)."""
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    request.context["payload_signing_enabled"] = True
    with pytest.MonkeyPatch.context() as patch:
        now = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
        patch.setattr(botocore.auth, "get_current_datetime", lambda **_: now.replace(tzinfo=None))
        signer(Credentials(keys.access_key, keys.secret_key, keys.token), service, accounts.region).add_auth(request)
    prepared = request.prepare()
    body = prepared.body if sent is None else sent
    made = urllib.request.Request(prepared.url, body, dict(prepared.headers), method=prepared.method)
    try:
        with urllib.request.urlopen(made, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode() + str(error.headers)


def put(accounts, bucket):
    """An S3 request that isn't signed yet."""
    return AWSRequest("PUT", f"{accounts.endpoint_url}/{bucket}/key", data=b"body")


def query(accounts):
    """An SQS request that isn't signed yet."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}
    return AWSRequest("POST", accounts.endpoint_url, data=b"{}", headers=headers)


@pytest.mark.parametrize("service", ["s3", "sqs", "sts", "logs", "dynamodb"])
def test_a_wrong_secret_is_refused(accounts, keys, service):
    """A signer with a fault in it, or another's key, would work here and in no account."""
    call = {"s3": "list_buckets", "sqs": "list_queues", "sts": "get_caller_identity"}
    name = call.get(service, {"logs": "describe_log_groups", "dynamodb": "list_tables"}.get(service))
    assert getattr(accounts.client(service, keys, config=UNCHECKED), name)()
    wrong = Keys(keys.access_key, "not" + keys.secret_key, keys.token)
    with pytest.raises(ClientError, match=r"SignatureDoesNotMatch|InvalidSignatureException"):
        getattr(accounts.client(service, wrong, config=UNCHECKED), name)()


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_date_over_15_minutes_away_is_refused(accounts, keys, central_bucket, minutes):
    """A signature that is kept for too long, or a wrong clock, would be noticed by customers first."""
    assert send(accounts, keys, "s3", put(accounts, central_bucket), minutes=minutes - minutes // 8)[0] == 200
    status, answer = send(accounts, keys, "s3", put(accounts, central_bucket), minutes=minutes)
    assert (status, "RequestTimeTooSkewed" in answer) == (403, True)
    status, answer = send(accounts, keys, "sqs", query(accounts), minutes=minutes)
    assert (status, "Signature" in answer) == (403, True)


def test_a_changed_body_is_refused(accounts, keys, central_bucket):
    """What a proxy or a fault changed on the way would be stored as if it had been sent."""
    status, answer = send(accounts, keys, "s3", put(accounts, central_bucket), sent=b"BODY")
    assert (status, "XAmzContentSHA256Mismatch" in answer) == (400, True)
    assert send(accounts, keys, "sqs", query(accounts), sent=b'{"MaxResults":1}')[0] == 400


def test_a_session_without_its_token_is_refused(accounts):
    """A client that forgets the token would work here."""
    found = session(accounts)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        accounts.client("sts", Keys(found.access_key, found.secret_key)).get_caller_identity()
