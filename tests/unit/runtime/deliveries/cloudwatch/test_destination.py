"""The log stream's name, and its short form."""

from runtime.deliveries.cloudwatch.destination import log_stream_name
from runtime.objects.key import ObjectKey


def name(cluster="c-1", application="etcd", pod="etcd-0"):
    return log_stream_name(
        ObjectKey.parse(f"tenant_id=t/cluster_id={cluster}/application={application}/pod_name={pod}/f.json.gz")
    )


def test_it_names_cluster_application_and_pod():
    """Two clusters' pods of one name would share a stream."""
    assert name() == "c-1/etcd/etcd-0"


def test_the_longest_names_that_fit_stay_as_they_are():
    """A stream would be renamed without need."""
    assert name("c" * 254, "a" * 1, "p" * 255) == "c" * 254 + "/a/" + "p" * 255


def test_a_name_that_is_too_long_has_a_short_form_of_its_own():
    """CloudWatch would refuse the stream, or two pods share one."""
    long = [name("c" * 255, "a" * 10, "p" * 254 + last) for last in "xy"]
    assert [len(one) for one in long] == [512, 512]
    assert long[0] != long[1]
    assert long[0] == name("c" * 255, "a" * 10, "p" * 254 + "x")
    assert long[0].startswith("c" * 255 + "/" + "a" * 10 + "/ppp")


def test_characters_that_cloudwatch_refuses_are_replaced():
    """A pod whose name holds a colon would block its logs for ever."""
    assert name(pod="a:b*c") == "c-1/etcd/a_b_c-9ac3d064e081e507"
    assert name(pod="a:b*c") != name(pod="a*b:c")
