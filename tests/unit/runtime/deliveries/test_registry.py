"""Finding the installed delivery methods."""

from types import SimpleNamespace

import pytest

from runtime.deliveries import registry
from runtime.deliveries.cloudwatch.delivery import CloudWatchDelivery
from runtime.deliveries.s3.delivery import S3Delivery
from runtime.entry_points import EntryPoint


def install(monkeypatch, **points):
    found = [EntryPoint(name, value) for name, value in points.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: found)


def test_the_built_in_methods_are_found_like_any_other():
    """The deployed processor would start without a way to deliver."""
    assert registry.find_methods() == {"cloudwatch": CloudWatchDelivery, "s3": S3Delivery}


def test_each_method_says_its_own_name():
    """A config's type and the method that serves it would differ."""
    assert {name: class_.name for name, class_ in registry.find_methods().items()} == {
        "cloudwatch": "cloudwatch",
        "s3": "s3",
    }


def test_no_entry_point_at_all_is_told_with_the_next_step(monkeypatch):
    """A zip without dist-info would settle every object as one of unknown methods."""
    install(monkeypatch)
    with pytest.raises(registry.DeliveryMethodsError, match="pip install"):
        registry.find_methods()


def test_a_broken_plug_in_stops_the_start(monkeypatch):
    """Its tenants' objects would be settled without being delivered."""
    install(monkeypatch, webhook="no.such.module:Webhook")
    with pytest.raises(registry.DeliveryMethodsError, match=r"'webhook' \(no\.such\.module:Webhook\)"):
        registry.find_methods()


def test_two_methods_of_one_name_stop_the_start(monkeypatch):
    """Which of them delivers would depend on the order of directories."""
    found = [
        EntryPoint("s3", "runtime.deliveries.s3.delivery:S3Delivery"),
        EntryPoint("s3", "runtime.deliveries.cloudwatch.delivery:CloudWatchDelivery"),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: found)
    with pytest.raises(registry.DeliveryMethodsError, match="two delivery methods are named 's3'"):
        registry.find_methods()


def test_one_method_found_twice_is_one(monkeypatch):
    """A source tree beside its own installation would not start."""
    point = EntryPoint("s3", "runtime.deliveries.s3.delivery:S3Delivery")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point, point])
    assert registry.find_methods() == {"s3": S3Delivery}


def test_methods_are_made_once_with_what_they_may_use():
    """A plug-in would not get the role chain."""
    made = registry.make_methods({"one": lambda services: ("made", services)}, SimpleNamespace(it="is"))
    assert made == {"one": ("made", SimpleNamespace(it="is"))}
