"""The demo's path: real logs through the deployed function into both destinations of both tenants."""

from local.accounting.watch import Watch
from local.loader.day_shift import utc_now
from local.loader.send import send_recorded_logs


def test_every_recorded_event_is_delivered_once(cloud):
    """The system would lose, repeat, alter or misplace real logs."""
    objects = send_recorded_logs(cloud.accounts, cloud.environment, cloud.home, utc_now(), lambda _: None)
    counts = Watch(cloud.accounts, cloud.environment, objects).until_settled(lambda _: None)
    assert all(count.complete for count in counts), counts
    totals = {type_: sum(count.expected for count in counts if count.type == type_) for type_ in ("cloudwatch", "s3")}
    assert totals == {"cloudwatch": 10_520, "s3": 10_520}
    assert sum(count.left_out for count in counts if count.type == "cloudwatch") == 24
