"""Listing by hour: what is wanted, nothing else, and few requests."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.objects.hours import objects_between

WRITTEN = datetime(2026, 11, 20, tzinfo=UTC)


def at(hour, minute=0):
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC).timestamp()


class Bucket:
    """S3's listing: by key, so many a page."""

    def __init__(self, keys, page=3):
        self.keys, self.page, self.requests = sorted(keys), page, 0

    def list_object_versions(self, *, Bucket, Prefix, KeyMarker, VersionIdMarker=None):  # noqa: N803 - S3's names
        self.requests += 1
        found = [key for key in self.keys if key.startswith(Prefix) and key > KeyMarker]
        shown = {"IsLatest": True, "VersionId": "null", "ETag": '"e"', "Size": 1, "LastModified": WRITTEN}
        page = found[: self.page]
        more = {"NextKeyMarker": page[-1], "NextVersionIdMarker": "null"} if len(found) > self.page else {}
        return {"Versions": [{"Key": key, **shown} for key in page], "IsTruncated": bool(more), **more}


def listed(bucket, begin, end, prefix="tenant_id=a/"):
    return [entry.key for entry in objects_between(bucket, "central", prefix, begin, end)]


def name(hour, minute, number=0):
    return f"20261120-{hour:02d}{minute:02d}00-{number:04d}.json.gz"


def test_an_hour_is_from_its_beginning_to_before_its_end():
    """An object on the hour would be looked at twice, or never."""
    keys = [f"tenant_id=a/p/{name(*each)}" for each in ((9, 59), (10, 0), (10, 59), (11, 0))]
    assert listed(Bucket(keys), at(10), at(11)) == keys[1:3]


def test_other_hours_are_jumped_over():
    """A month of objects would be listed to look at one hour."""
    keys = [f"tenant_id=a/p-{pod}/{name(h, m)}" for pod in range(4) for h in range(24) for m in range(60)]
    bucket = Bucket(keys, page=100)
    assert len(listed(bucket, at(10), at(11))) == 4 * 60
    assert bucket.requests <= 2 * 4 + 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["p-0", "p-00", "p-0.x", "p-0-x", "p", "q/r"]), st.integers(0, 23), st.integers(0, 59)
        ),
        max_size=40,
    ),
    st.integers(1, 5),
    st.integers(0, 22),
)
def test_nothing_is_missed_whatever_the_folders_are_called(objects, page, hour):
    """A pod whose name begins like another's would be jumped over with it."""
    keys = {f"tenant_id=a/{folder}/{name(h, m)}" for folder, h, m in objects} | {"tenant_id=a/p/no-time.gz"}
    wanted = sorted(key for key in keys if name(hour, 0)[:13] <= key.rpartition("/")[2][:13] < name(hour + 1, 0)[:13])
    assert listed(Bucket(keys, page), at(hour), at(hour + 1)) == wanted


@pytest.mark.parametrize("prefix", ["tenant_id=a/", "tenant_id=b/"])
def test_one_tenant_alone_is_listed(prefix):
    """A tenant's command would read another tenant's keys."""
    keys = [f"tenant_id={tenant}/p/{name(10, 1)}" for tenant in ("a", "b")]
    assert listed(Bucket(keys), at(10), at(11), prefix) == [key for key in keys if key.startswith(prefix)]
