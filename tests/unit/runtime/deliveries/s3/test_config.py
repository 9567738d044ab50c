"""The fields of an ``s3`` config."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runtime.deliveries.s3.config import MAX_PREFIX_BYTES, S3Config, normalize_prefix
from tests.unit.runtime.known_cases import cases

KNOWN = cases("s3_delivery")


def config(**fields):
    return S3Config.model_validate({"tenant_id": "acme", "type": "s3", "bucket_name": "acme-logs", **fields})


@pytest.mark.parametrize("number", [number for number in KNOWN if "normalized" in KNOWN[number]["expect"]])
def test_known_prefixes(number):
    """Copies would land beside the tenant's prefix."""
    assert normalize_prefix(KNOWN[number]["given"]["bucket_prefix"]) == KNOWN[number]["expect"]["normalized"]


def test_known_empty_prefix_is_the_root_and_an_absent_one_the_default():
    """Case 013 takes an empty prefix for an absent one; by the contract empty is the bucket's root."""
    assert config(bucket_prefix=KNOWN["013"]["given"]["bucket_prefix"]).bucket_prefix == ""
    assert config().bucket_prefix == KNOWN["013"]["expect"]["prefix"]
    assert config(bucket_prefix=None).bucket_prefix == KNOWN["013"]["expect"]["prefix"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=100))
def test_a_prefix_ends_with_one_slash_or_is_empty(prefix):
    """Tenant "b" with prefix "logs" would write to "logsb/"."""
    normalized = config(bucket_prefix=prefix).bucket_prefix
    assert normalized == "" or normalized.endswith("/")
    assert normalize_prefix(normalized) == normalized
    assert normalized.removesuffix("/") == prefix.removesuffix("/") or not prefix.strip()


@pytest.mark.parametrize("name", ["abc", "a-b.c", "1.2.3", "a" * 63, "my.bucket-1"])
def test_bucket_names_that_s3_takes(name):
    """A customer's bucket would be refused."""
    assert config(bucket_name=name).bucket_name == name


@pytest.mark.parametrize(
    "name",
    [
        "ab", "a" * 64, "UPPER.-.BAD", "a_b", "-ab", "ab-", ".ab", "ab.", "a..b", "192.168.5.4", "xn--abc", "sthree-a",
        "abc-s3alias", "abc--ol-s3", "abc.mrap", "a b", "abc\n", "", "  ", "é-bucket",
    ],
)  # fmt: skip
def test_bucket_names_that_s3_refuses(name):
    """The config would be tried for a day before somebody sees the mistake."""
    with pytest.raises(ValidationError) as refused:
        config(bucket_name=name)
    assert [error["loc"] for error in refused.value.errors()] == [("bucket_name",)]


@pytest.mark.parametrize("prefix", ["a\nb", "\x00", "a\x7f", "p" * MAX_PREFIX_BYTES, "é" * (MAX_PREFIX_BYTES // 2)])
def test_prefixes_that_make_no_good_key_are_refused(prefix):
    """A key would have control characters, or no room for the object's name."""
    with pytest.raises(ValidationError):
        config(bucket_prefix=prefix)


@pytest.mark.parametrize(("owner", "good"), [("123456789012", True), ("12345678901", False), ("acme", False)])
def test_a_bucket_owner_is_an_account(owner, good):
    """The guard against somebody else's bucket would be refused by S3 at every delivery."""
    if good:
        assert config(bucket_owner=owner).bucket_owner == owner
    else:
        with pytest.raises(ValidationError):
            config(bucket_owner=owner)
