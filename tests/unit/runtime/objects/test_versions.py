"""A bucket's objects with their versions, page by page."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from runtime.objects.versions import ListedObject, list_pages

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)


class Bucket:
    """S3's listing: keys in order, of each the newest version first, so many entries a page."""

    def __init__(self, writes, page):
        """``writes``: (key, ETag, or ``None`` for a deletion), in their order."""
        self.page, self.entries = page, []
        for number, (key, etag) in enumerate(writes):
            at = BEGIN + timedelta(seconds=number)
            self.entries.append({"Key": key, "ETag": etag, "Size": 1, "VersionId": f"v{number}", "LastModified": at})
        self.entries.sort(key=lambda each: each["LastModified"], reverse=True)
        self.entries.sort(key=lambda each: each["Key"])
        for before, each in zip([{"Key": None}, *self.entries], self.entries, strict=False):
            each["IsLatest"] = each["Key"] != before["Key"]

    def list_object_versions(self, *, Bucket, Prefix, KeyMarker="", VersionIdMarker=None):  # noqa: N803 - S3's names
        begin = next((i for i, each in enumerate(self.entries) if each["Key"] > KeyMarker), len(self.entries))
        if VersionIdMarker:
            names = [(each["Key"], each["VersionId"]) for each in self.entries]
            begin = names.index((KeyMarker, VersionIdMarker)) + 1
        page = self.entries[begin : begin + self.page]
        more = begin + self.page < len(self.entries)
        last = {"NextKeyMarker": page[-1]["Key"], "NextVersionIdMarker": page[-1]["VersionId"]} if more else {}
        return {
            "Versions": [each for each in page if each["ETag"]],
            "DeleteMarkers": [each for each in page if not each["ETag"]],
            "IsTruncated": more,
            **last,
        }


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None])), max_size=20), st.integers(1, 6))
def test_each_content_of_each_key_is_listed_once(writes, page):
    """A version would be left out between two pages, or one content be delivered twice, or an expired one again."""
    found = [listed for each in list_pages(Bucket(writes, page), "b", "") for listed in each.objects]
    last = dict(writes)
    expected = {(key, etag) for key, etag in writes if etag and last[key]}
    assert sorted((one.key, one.etag) for one in found) == sorted(expected)
    for one in found:
        ids = [f"v{number}" for number, write in enumerate(writes) if write == (one.key, one.etag)]
        assert list(one.versions) == ids
        assert one.version_id == ids[0]


def test_an_object_without_versions_is_named_by_its_key():
    """A bucket that was never versioned would be read with a version that it doesn't know."""
    bucket = Bucket([("a", "x")], 5)
    bucket.entries[0]["VersionId"] = "null"
    ((listed,),) = [page.objects for page in list_pages(bucket, "b", "")]
    assert listed == ListedObject("a", "x", 1, BEGIN.timestamp())
    assert listed.version_id is None
