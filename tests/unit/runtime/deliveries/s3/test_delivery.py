"""The server-side copy, whole and in parts."""

from urllib.parse import unquote

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from runtime.backoff import Retry
from runtime.deliveries.method import Delivery, DeliveryServices
from runtime.deliveries.role_chain import RoleChain
from runtime.deliveries.s3.config import S3Config
from runtime.deliveries.s3.copy import MAX_PARTS, MIN_PART_BYTES, part_ranges, part_size
from runtime.deliveries.s3.delivery import S3Delivery
from runtime.deliveries.session_policy import compact
from runtime.errors import BlockedByCustomerError, OutOfTimeError, PermanentError, RetryableError
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import (
    CENTRAL_ROLE,
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.known_cases import cases
from tests.unit.runtime.processor.world import CENTRAL, CUSTOMER, KEY, World, body

KNOWN = cases("s3_delivery")
MIB = 1024**2
COPY = "ROSA/cluster-logs/acme-corp/c-1/etcd/etcd-0/20261123-101500-6f9.json.gz"


@pytest.fixture
def world(clients):
    return World(clients)


def config(**fields):
    made = S3Config.model_validate({"tenant_id": "acme-corp", "type": "s3", "bucket_name": CUSTOMER, **fields})
    return made.in_region("us-east-1")


def deliver(world, *, seconds=60, settings=None, size=None, etag=None, retry=None, **fields):
    """Attempt one delivery; give it back with its progress."""
    clients = world.clients
    services = DeliveryServices(clients, RoleChain(clients, CENTRAL_ROLE), world.settings(**(settings or {})))
    method = S3Delivery(services, retry or Retry(attempts=3, wait=lambda _: None))
    source = StoredObject(CENTRAL, ObjectKey.parse(KEY), etag=etag, size=size)
    delivery = Delivery(source, config(**fields), TimeBudget.of_seconds(seconds))
    method.deliver(delivery, None)
    return delivery


def sent(clients, operation):
    """What S3 is asked by that operation."""
    seen = []
    for region in ("us-east-1", "eu-west-1"):
        events = clients.client("s3", region).meta.events
        events.register(f"provide-client-params.s3.{operation}", lambda params, **_: seen.append(params))
    return seen


def test_a_copy_is_one_call_that_says_everything(world):
    """The customer couldn't read the copy, tools wouldn't know its form, or each object would cost a Head more."""
    etag = world.put_object()
    requests = sent(world.clients, "CopyObject")
    delivery = deliver(world, etag=etag, size=len(body()), bucket_owner="123456789012")
    (request,) = requests
    assert unquote(request["CopySource"]) == f"{CENTRAL}/{KEY}"
    assert request["CopySourceIfMatch"] == f'"{etag}"'
    assert (request["Bucket"], request["Key"]) == (CUSTOMER, COPY)
    assert request["ACL"] == "bucket-owner-full-control"
    assert request["MetadataDirective"] == "REPLACE"
    assert request["Metadata"]["source-key"] == KEY
    assert (request["ContentType"], request["ContentEncoding"]) == ("application/x-ndjson", "gzip")
    assert request["ExpectedBucketOwner"] == "123456789012"
    assert world.clients.count() == {"AssumeRole": 1, "CopyObject": 1}
    assert delivery.progress.bytes == len(body())
    copied = world.plain("s3").get_object(Bucket=CUSTOMER, Key=COPY)
    assert copied["Body"].read() == world.plain("s3").get_object(Bucket=CENTRAL, Key=KEY)["Body"].read()


def test_known_copy_source(world):
    """Case 024 names the source as bucket/key; so does the header that botocore makes of our two fields."""
    world.put_object()
    headers = []
    s3 = world.clients.client("s3")
    s3.meta.events.register("before-send.s3.CopyObject", lambda request, **_: headers.append(request.headers))
    deliver(world)
    bucket, _, key = KNOWN["024"]["expect"]["copy_source"].partition("/")
    assert (bucket, key) == (KNOWN["024"]["given"]["source_bucket"], KNOWN["024"]["given"]["source_key"])
    assert headers[0]["x-amz-copy-source"].decode() == f"{CENTRAL}/{KEY.replace('=', '%3D')}"


def test_known_region_is_the_destinations(world):
    """S3 would answer with a redirect; the call has to be signed for the bucket's Region."""
    region = KNOWN["016"]["given"]["target_region"]
    world.plain("s3").create_bucket(Bucket="acme-eu", CreateBucketConfiguration={"LocationConstraint": region})
    world.put_object()
    deliver(world, bucket_name="acme-eu", target_region=region)
    assert [called for name, called, _ in world.clients.calls if name == "CopyObject"] == [
        KNOWN["016"]["expect"]["s3_client_region"]
    ]


def test_the_copy_is_made_with_the_tenants_session(world):
    """The copy would be made with rights for every tenant's destination."""
    world.put_object()
    deliver(world)
    ((_, _, signer),) = [call for call in world.clients.calls if call[0] == "CopyObject"]
    assert signer is not None


def test_the_sessions_policy_is_for_one_tenant_and_one_destination():
    """Another tenant's config that names this bucket would write into this tenant's folder."""
    (policy,) = config(bucket_prefix="in/").session_policies("aws", CENTRAL)
    text = compact(policy)
    assert f"arn:aws:s3:::{CENTRAL}/tenant_id=acme-corp/*" in text
    assert f"arn:aws:s3:::{CUSTOMER}/in/acme-corp/*" in text
    assert "s3:AbortMultipartUpload" in text
    assert "s3:*" not in text


REFUSAL = Fault("AccessDenied", 403, "Access Denied")


def test_a_copy_of_what_is_gone_is_permanent_though_s3_says_denied(world):
    """An expired object's delivery would be the customer's fault, tried for a day and parked: no List, no 404."""
    world.clients.faults["CopyObject"] = REFUSAL
    with pytest.raises(PermanentError, match="object-gone"):
        deliver(world)


def test_a_refused_copy_of_what_is_there_is_the_customers(world):
    """Each refusal by a bucket's policy would be taken for an expired object, and the logs be lost."""
    world.put_object()
    world.clients.faults["CopyObject"] = REFUSAL
    with pytest.raises(BlockedByCustomerError, match="destination-denied"):
        deliver(world)
    world.clients.faults["ListObjectsV2"] = Fault("SlowDown", 503)
    with pytest.raises(BlockedByCustomerError, match="destination-denied"):
        deliver(world)


def test_a_refusal_that_names_the_write_costs_no_listing(world):
    """Each object of a bucket that refuses would cost two calls more."""
    text = "User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: s3:PutObject on resource: z"
    world.clients.faults["CopyObject"] = Fault("AccessDenied", 403, text)
    with pytest.raises(BlockedByCustomerError):
        deliver(world)
    assert "ListObjectsV2" not in world.clients.count()


def test_a_version_that_can_be_none_is_gone(world):
    """A message with a made-up version would open the tenant's circuit, as if the bucket refused."""
    world.clients.faults["CopyObject"] = Fault("InvalidArgument", 400, "Invalid version id specified")
    with pytest.raises(PermanentError, match="object-gone"):
        deliver(world)


def test_the_central_bucket_as_destination_is_refused(world):
    """A copy into the central bucket would be delivered again, for ever."""
    world.put_object()
    with pytest.raises(PermanentError) as refused:
        deliver(world, bucket_name=CENTRAL)
    assert refused.value.reason == "destination-is-central-bucket"
    assert not world.clients.calls


def test_repeating_a_delivery_changes_nothing(world):
    """A repeated message would make a second copy."""
    etag = world.put_object()
    for _ in range(2):
        deliver(world, etag=etag)
    assert world.copies() == [COPY]


def test_a_source_that_is_gone_is_permanent(world):
    """An expired object would be tried for a day and parked (case 028)."""
    assert KNOWN["028"]["expect"]["non_recoverable"]
    with pytest.raises(PermanentError) as refused:
        deliver(world)
    assert refused.value.reason == "object-gone"


def test_a_source_that_was_replaced_is_left_to_its_own_notification(world):
    """The new object would be copied twice, or the old notification be retried for a day."""
    world.put_object()
    world.clients.faults["CopyObject"] = Fault("PreconditionFailed", 412)
    with pytest.raises(PermanentError) as refused:
        deliver(world, etag="0" * 32)
    assert refused.value.reason == "object-replaced"


def test_a_missing_bucket_is_the_customers_to_mend(world):
    """The case's words (032) tell the customer; it says permanent, but the contract never drops for it."""
    world.put_object()
    name = KNOWN["032"]["given"]["bucket"]
    world.clients.faults["CopyObject"] = Fault("NoSuchBucket", 404, extra={"BucketName": name})
    with pytest.raises(BlockedByCustomerError) as refused:
        deliver(world, bucket_name=name)
    assert KNOWN["032"]["expect"]["message_contains"] in refused.value.detail


def test_a_missing_central_bucket_is_ours(world):
    """Every customer would be told that their bucket is missing."""
    world.clients.faults["CopyObject"] = Fault("NoSuchBucket", 404, extra={"BucketName": CENTRAL})
    with pytest.raises(RetryableError) as refused:
        deliver(world)
    assert refused.value.reason == "central-bucket-missing"


DENIED = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: {} on resource: arn"


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (Fault("AccessDenied", 403), BlockedByCustomerError, "destination-denied"),
        (Fault("AccessDenied", 403, DENIED.format("s3:PutObject")), BlockedByCustomerError, "destination-denied"),
        (
            Fault("AccessDenied", 403, DENIED.format("kms:Decrypt")),
            BlockedByCustomerError,
            "destination-denied",
        ),
        (Fault("AccessDenied", 403, DENIED.format("s3:GetObject")), RetryableError, "source-denied"),
        (Fault("KMS.DisabledException"), BlockedByCustomerError, "kms-refused"),
        (Fault("PermanentRedirect", 301), BlockedByCustomerError, "wrong-region"),
        (Fault("AuthorizationHeaderMalformed"), BlockedByCustomerError, "wrong-region"),
        (Fault("AccessControlListNotSupported"), BlockedByCustomerError, "acl-refused"),
        (Fault("ServiceUnavailable", 503), RetryableError, "unavailable"),
        (Fault("SlowDown", 503), RetryableError, "throttled"),
        (Fault("InternalError", 500), RetryableError, "unavailable"),
        (Fault("InvalidRequest"), RetryableError, "refused"),
        (Fault("SomethingNew"), RetryableError, "unexpected"),
        (Fault(error=EndpointConnectionError(endpoint_url="https://s3")), RetryableError, "connection"),
        (Fault(error=ReadTimeoutError(endpoint_url="https://s3")), RetryableError, "timeout"),
    ],
)
def test_each_refusal_has_its_class(world, fault, kind, reason):
    """A short mistake of a customer would delete their logs, or an outage of S3 (case 030) lose them."""
    world.put_object()
    world.clients.faults["CopyObject"] = fault
    with pytest.raises(kind) as refused:
        deliver(world)
    assert refused.value.reason == reason
    assert refused.value.detail


def test_a_passing_failure_is_retried_here(world):
    """Each throttled copy would take the long way over the delivery queue."""
    world.put_object()
    world.clients.faults["CopyObject"] = Fault("SlowDown", 503, times=2)
    deliver(world)
    assert world.copies() == [COPY]
    assert world.clients.count()["CopyObject"] == 3


def test_an_expired_session_is_renewed_at_once(world):
    """Every delivery would fail until the cached session ends."""
    world.put_object()
    world.clients.faults["CopyObject"] = Fault("ExpiredToken", times=1)
    deliver(world)
    signers = [signer for name, _, signer in world.clients.calls if name == "CopyObject"]
    assert len(set(signers)) == 2


def test_nothing_is_begun_without_time_for_it(world):
    """A copy that the host interrupts would be made again."""
    world.put_object()
    with pytest.raises(OutOfTimeError):
        deliver(world, seconds=0.5)
    assert "CopyObject" not in world.clients.count()


# --- in parts ---


LARGE = bytes(12 * MIB)


def large(world):
    return world.put_object(data=LARGE)


def test_an_object_over_the_threshold_is_copied_in_parts(world):
    """S3 refuses to copy more than 5 GB in one call."""
    etag = large(world)
    created = sent(world.clients, "CreateMultipartUpload")
    parts = sent(world.clients, "UploadPartCopy")
    delivery = deliver(
        world, size=len(LARGE), etag=etag, settings={"copy_threshold_bytes": 5 * MIB}, bucket_owner="123456789012"
    )
    assert created[0]["ACL"] == "bucket-owner-full-control"
    assert created[0]["Metadata"]["source-key"] == KEY
    assert (created[0]["ContentType"], created[0]["ContentEncoding"]) == ("application/x-ndjson", "gzip")
    assert {part["CopySourceRange"] for part in parts} == {
        "bytes=0-5242879",
        "bytes=5242880-10485759",
        "bytes=10485760-12582911",
    }
    assert {part["CopySourceIfMatch"] for part in parts} == {f'"{etag}"'}
    assert {request["ExpectedBucketOwner"] for request in (*created, *parts)} == {"123456789012"}
    assert "CopyObject" not in world.clients.count()
    assert world.plain("s3").get_object(Bucket=CUSTOMER, Key=COPY)["Body"].read() == LARGE
    assert delivery.progress.bytes == len(LARGE)


def test_every_part_is_signed_by_the_tenants_session(world):
    """Parts are copied in threads: they would be signed by the processor, and be refused."""
    large(world)
    deliver(world, size=len(LARGE), settings={"copy_threshold_bytes": 5 * MIB})
    signers = {signer for name, _, signer in world.clients.calls if name != "AssumeRole"}
    assert len(signers) == 1
    assert None not in signers


def test_an_object_of_exactly_the_threshold_is_copied_whole(world):
    """The limit would be off by one."""
    large(world)
    deliver(world, size=len(LARGE), settings={"copy_threshold_bytes": len(LARGE)})
    assert "CreateMultipartUpload" not in world.clients.count()


@pytest.mark.parametrize("operation", ["UploadPartCopy", "CompleteMultipartUpload"])
def test_a_failed_copy_leaves_no_parts_behind(world, operation):
    """The customer would pay for parts that nobody sees."""
    large(world)
    world.clients.faults[operation] = Fault("AccessDenied", 403)
    with pytest.raises(BlockedByCustomerError):
        deliver(world, size=len(LARGE), settings={"copy_threshold_bytes": 5 * MIB})
    assert not world.plain("s3").list_multipart_uploads(Bucket=CUSTOMER).get("Uploads")
    assert world.copies() == []


def test_the_first_error_is_told_even_if_aborting_fails(world):
    """The customer would be told about an abort, not about what is wrong."""
    large(world)
    world.clients.faults["UploadPartCopy"] = Fault("KMS.DisabledException")
    world.clients.faults["AbortMultipartUpload"] = Fault("AccessDenied", 403)
    with pytest.raises(BlockedByCustomerError) as refused:
        deliver(world, size=len(LARGE), settings={"copy_threshold_bytes": 5 * MIB})
    assert refused.value.reason == "kms-refused"


def test_a_throttled_part_is_retried_alone(world):
    """One throttled part would begin the whole copy anew."""
    large(world)
    world.clients.faults["UploadPartCopy"] = Fault("SlowDown", 503, times=1)
    deliver(world, size=len(LARGE), settings={"copy_threshold_bytes": 5 * MIB})
    assert world.clients.count()["UploadPartCopy"] == 4
    assert world.clients.count()["CreateMultipartUpload"] == 1


def test_an_object_whose_size_was_not_told_is_copied_in_parts_if_s3_says_so(world):
    """A backfilled object over 5 GB would never be delivered."""
    large(world)
    too_large = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
    world.clients.faults["CopyObject"] = Fault("InvalidRequest", message=too_large)
    deliver(world, size=None)
    assert world.clients.count()["CopyObject"] == 1
    assert world.plain("s3").head_object(Bucket=CUSTOMER, Key=COPY)["ContentLength"] == len(LARGE)


@pytest.mark.parametrize("size", [1, MIN_PART_BYTES, 5 * 1024**3 + 1, 5 * 1024**4])
@pytest.mark.parametrize("threshold", [1, 64 * MIB, 5 * 1024**3])
def test_parts_cover_every_byte_within_s3s_limits(size, threshold):
    """A byte would be lost or doubled, or S3 refuse the number or the size of the parts."""
    part_bytes = part_size(size, threshold)
    assert MIN_PART_BYTES <= part_bytes <= 5 * 1024**3
    assert -(-size // part_bytes) <= MAX_PARTS
    if size > 10**10:
        return
    ranges = [range_.removeprefix("bytes=").split("-") for range_ in part_ranges(size, part_bytes)]
    offset = 0
    for first, last in ranges:
        assert int(first) == offset
        offset = int(last) + 1
    assert offset == size
