"""The demo's path: real logs through the deployed function into both destinations of both tenants."""

from local.accounting.watch import Watch
from local.loader.day_shift import utc_now
from local.loader.send import send_recorded_logs
from local.loader.writer import kept


def test_every_recorded_event_is_delivered_once(cloud):
    """The system would lose, repeat, alter or misplace real logs."""
    send_recorded_logs(cloud.accounts, cloud.environment, cloud.home, utc_now(), lambda _: None)
    objects = kept(cloud.home)  # a cloud that `make up` left running may have got them before
    counts = Watch(cloud.accounts, cloud.environment, objects).until_settled(lambda _: None)
    assert all(count.complete for count in counts), counts
    for type_ in ("cloudwatch", "s3"):
        mine = [count for count in counts if count.type == type_]
        times = sum(count.left_out for count in mine) / 24
        assert sum(count.expected for count in mine) == 10_520 * times >= 10_520
