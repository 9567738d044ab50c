"""What a copy is called, and what it says about where it came from."""

from hypothesis import example, given
from hypothesis import strategies as st

from runtime.deliveries.s3.config import MAX_PREFIX_BYTES, S3Config
from runtime.deliveries.s3.destination import (
    MAX_METADATA_BYTES,
    destination_key,
    traceability_metadata,
)
from runtime.objects.key import MAX_KEY_BYTES, SEGMENT_NAMES, ObjectKey
from runtime.objects.stored_object import StoredObject
from tests.unit.runtime.known_cases import cases

KNOWN = cases("s3_delivery")
SEGMENT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/"), min_size=1)


def config(**fields):
    return S3Config.model_validate({"tenant_id": "acme", "type": "s3", "bucket_name": "acme-logs", **fields})


def object_(tenant="acme", cluster="c-1", application="etcd", pod="etcd-0", filename="20260101-000000-a.json.gz"):
    values = (tenant, cluster, application, pod)
    key = "/".join([*(f"{name}={value}" for name, value in zip(SEGMENT_NAMES, values, strict=True)), filename])
    return StoredObject("central", ObjectKey.parse(key))


def test_the_key_is_the_contracts():
    """A bucket policy written for the tenant's prefix would refuse the copy."""
    assert destination_key(object_(), config()) == "ROSA/cluster-logs/acme/c-1/etcd/etcd-0/20260101-000000-a.json.gz"
    assert destination_key(object_(), config(bucket_prefix="")).startswith("acme/c-1/")
    assert destination_key(object_(), config(bucket_prefix="logs")).startswith("logs/acme/c-1/")


def test_known_destinations_with_the_contracts_cluster_in_them():
    """The cases' layout has no cluster (007, 009, 018, 036): two clusters' pods of one name would share a folder."""
    for number in ("007", "009", "018"):
        given_, expected = KNOWN[number]["given"], KNOWN[number]["expect"]["destination_key"]
        cluster, tenant, application, pod, filename = given_["source_key"].split("/")
        tenant, application = given_.get("tenant_id", tenant), given_.get("application", application)
        source = object_(tenant, cluster, application, given_.get("pod_name", pod), filename)
        key = destination_key(source, config(tenant_id=tenant, bucket_prefix=given_["bucket_prefix"]))
        assert key.replace(f"/{cluster}/", "/", 1) == expected
        assert f"/{tenant}/{cluster}/" in key


def test_known_file_names_stay():
    """A copy could not be matched with its source; a key without folders (022) isn't the contract's: refused."""
    filename = KNOWN["020"]["expect"]["filename"]
    assert destination_key(object_(filename=filename), config()).endswith(f"/{filename}")


@given(SEGMENT, st.text(max_size=40).filter(str.isprintable))
@example("é" * 120, "p" * (MAX_PREFIX_BYTES - 1))
def test_every_key_fits_and_stays_below_the_tenants_prefix(segment, prefix):
    """S3 would refuse the key, or the copy land in another tenant's folder."""
    if segment in {".", ".."} or len(segment.encode()) > 200:
        return
    made = config(bucket_prefix=prefix)
    source = object_(cluster=segment, application=segment, pod=segment)
    key = destination_key(source, made)
    assert len(key.encode()) <= MAX_KEY_BYTES
    assert key.startswith(made.tenant_prefix)
    assert key == destination_key(source, made)


def test_a_key_over_the_limit_has_a_short_form_of_its_own():
    """Two objects with long names would overwrite each other, or neither be delivered."""
    made = config(bucket_prefix="p" * 700)
    first, second = (object_(cluster="c" * 250, pod=f"p{number}" + "d" * 240) for number in (1, 2))
    keys = {destination_key(first, made), destination_key(second, made)}
    assert len(keys) == 2
    for key in keys:
        assert key.removeprefix(f"{'p' * 700}/acme/").startswith("long-key/")
        assert key.endswith(".json.gz")


@given(SEGMENT)
def test_metadata_is_ascii_and_fits(segment):
    """S3 would refuse the whole copy for its metadata."""
    if segment in {".", ".."} or len(segment.encode()) > 230:
        return
    metadata = traceability_metadata(object_(application=segment, pod=segment), config(type="s3:eu"))
    assert all(value.isascii() and value.isprintable() for value in metadata.values())
    assert sum(len(name) + len(value) for name, value in metadata.items()) <= MAX_METADATA_BYTES
    assert {"tenant-id", "delivery-type", "source-bucket", "source-key-sha256"} <= set(metadata)


def test_metadata_names_the_source():
    """A customer could not say which object a copy is of."""
    metadata = traceability_metadata(object_(), config(type="s3:eu"))
    assert metadata["source-key"] == object_().key.key
    assert (metadata["delivery-type"], metadata["pod-name"], metadata["source-bucket"]) == (
        "s3:eu",
        "etcd-0",
        "central",
    )
