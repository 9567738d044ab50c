"""CRI files into whole records."""

import pytest

from local.loader.recorded_logs import LogFile, read_archive, records


def test_parts_of_a_record_are_joined_byte_for_byte():
    """A long record, and one cut inside a UTF-8 character, would arrive in pieces."""
    euro = "€".encode()
    lines = [b"2026-11-23T13:00:00.1Z stdout P a" + euro[:1], b"2026-11-23T13:00:00.2Z stdout F " + euro[1:] + b"z\n"]
    (record,) = records(lines)
    assert (record.stamp, record.message) == ("2026-11-23T13:00:00.1Z", b"a" + euro + b"z")


def test_parts_of_two_streams_are_kept_apart():
    """What one stream prints between another's parts would be glued into its record."""
    lines = [b"t1 stdout P out", b"t2 stderr F err\n", b"t3 stdout F put\n"]
    assert [(record.stream, record.message) for record in records(lines)] == [("stderr", b"err"), ("stdout", b"output")]


@pytest.mark.parametrize("line", [b"t stdout F \n", b"t stdout F"])
def test_an_empty_line_is_a_record(line):
    """The empty records of the real logs would be lost before anything could count them."""
    assert [record.message for record in records([line + b" " if line.endswith(b"F") else line])] == [b""]


def test_a_message_keeps_its_own_spaces():
    """Indented lines of a stack trace would lose their indentation."""
    (record,) = records([b"t stdout F   at  line \n"])
    assert record.message == b"  at  line "


@pytest.mark.parametrize(
    ("pod", "owner"),
    [
        ("kube-apiserver-7d9c8b6f5-x2k4q", "ReplicaSet/kube-apiserver-7d9c8b6f5"),
        ("etcd-0", "StatefulSet/etcd"),
        ("kube-controller-manager-6c5f8d7b94-q7w2m", "ReplicaSet/kube-controller-manager-6c5f8d7b94"),
    ],
)
def test_the_owner_is_the_pods_name_without_its_owners_part(pod, owner):
    """The agent's programs would be given owners that no cluster has."""
    assert LogFile.of(f"cri/tenant_{pod}_uid/container/0.log").owner == owner


def test_the_archive_holds_the_records_that_the_demo_promises():
    """The demo would count against another number than the 10,544 records of the recorded logs."""
    found = [record for _, its_records in read_archive() for record in its_records]
    sizes = [len(record.message) for record in found]
    assert (len(found), sizes.count(0), sum(size > 1_048_550 for size in sizes)) == (10_544, 24, 1)
