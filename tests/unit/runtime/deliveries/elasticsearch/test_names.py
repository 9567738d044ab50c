"""Names of data streams and indexes: what the key's segments and the event's day make of a template."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.elasticsearch.names import MAX_NAME_BYTES, NameTemplate, template_problem
from runtime.objects.key import ObjectKey

DAY_MS = 86_400_000


def key(cluster="c-1", application="etcd"):
    return ObjectKey.parse(
        f"tenant_id=Acme.Corp/cluster_id={cluster}/application={application}/pod_name=p/20261123-132140-u.json.gz"
    )


@pytest.mark.parametrize(
    ("template", "of_time"),
    [
        ("logs", False),
        ("logs-{application}-default", False),
        ("l-{tenant_id}-{cluster_id}-{date}", True),
        ("l{month}", True),
    ],
)
def test_templates_of_key_and_time_are_taken(template, of_time):
    """A customer couldn't have an index for each application or day."""
    assert template_problem(template, of_time=of_time) is None


@pytest.mark.parametrize(
    ("template", "of_time"),
    [
        ("", True), ("Logs", True), ("-logs", True), ("_logs", True), (".logs", True), ("{application}", True),
        ("logs/../_all", True), ("logs*", True), ("logs,other", True), ("logs-{message}", True),
        ("logs-{pod_name}", True),
        ("logs-{application", True), ("logs-{date}", False), ("logs-{}", True), ("logs\n", True),
    ],
)  # fmt: skip
def test_what_no_index_has_or_a_line_could_choose_is_refused(template, of_time):
    """Every delivery would be refused, or a line would choose where it goes."""
    assert template_problem(template, of_time=of_time)


def test_a_day_is_the_events_in_utc():
    """Events around midnight would be in another day's index on a host in another zone."""
    names = NameTemplate("logs-{application}-{date}", key())
    assert [names.name(time) for time in (0, DAY_MS - 1, DAY_MS)] == [
        "logs-etcd-1970.01.01",
        "logs-etcd-1970.01.01",
        "logs-etcd-1970.01.02",
    ]
    assert NameTemplate("logs-{month}", key()).name(1_795_000_000_000) == "logs-2026.11"


@given(cluster=st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=60))
def test_whatever_a_cluster_is_called_the_name_can_be_one(cluster):
    """A path or a pattern in a segment would reach another index; a long one would be refused for ever."""
    try:
        where = key(cluster=cluster)
    except ValueError:
        return
    name = NameTemplate("logs-{cluster_id}", where).name(0)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert name.startswith("logs-")
    assert len(name) <= MAX_NAME_BYTES


def test_a_name_that_is_too_long_is_cut_and_stays_one_of_its_own():
    """Two clusters with long names would share an index, or neither could be indexed."""
    long = [NameTemplate("logs-{cluster_id}-{application}", key("c" * 250, "a" * 200 + end)).name(0) for end in "xy"]
    assert [len(name) for name in long] == [MAX_NAME_BYTES] * 2
    assert long[0] != long[1]
