"""Finding the installed delivery methods."""

from types import SimpleNamespace

import pytest

from runtime.deliveries import registry
from runtime.deliveries.cloudwatch.delivery import CloudWatchDelivery
from runtime.deliveries.elasticsearch.delivery import ElasticsearchDelivery
from runtime.deliveries.function.delivery import FunctionDelivery
from runtime.deliveries.kafka.delivery import KafkaDelivery
from runtime.deliveries.method import ENTRY_POINT_GROUP, OUTSIDE_ENTRY_POINT_GROUP, SEAM_VERSION
from runtime.deliveries.s3.config import S3Config
from runtime.deliveries.s3.delivery import S3Delivery
from runtime.deliveries.webhook.delivery import WebhookDelivery
from runtime.delivery_config.facts import Placement
from runtime.delivery_config.methods import find_config_models
from runtime.entry_points import EntryPoint, entry_points


class Loaded:
    """An entry point whose class is there already."""

    def __init__(self, name, class_):
        self.name, self.value, self.load = name, f"made:{class_.__name__}", lambda: class_


def inside(*found):
    """Return what finds these entry points, in the group of the inside."""
    return lambda group: [*found] if group == ENTRY_POINT_GROUP else []


def install(monkeypatch, **points):
    found = [EntryPoint(name, value) for name, value in points.items()]
    monkeypatch.setattr(registry, "entry_points", inside(*found))


def test_the_built_in_methods_are_found_like_any_other():
    """The deployed processor would start without a way to deliver."""
    assert registry.find_methods(Placement.INSIDE) == {
        "cloudwatch": CloudWatchDelivery,
        "s3": S3Delivery,
        "function": FunctionDelivery,
    }
    outside = {"elasticsearch": ElasticsearchDelivery, "kafka": KafkaDelivery, "webhook": WebhookDelivery}
    assert registry.find_methods(Placement.OUTSIDE) == outside


def test_each_method_says_its_own_name():
    """A config's type and the method that serves it would differ."""
    names = {name: class_.config_model.facts.name for name, class_ in registry.find_methods().items()}
    assert names == {name: name for name in names}


@pytest.mark.parametrize("stated", [None, 1, SEAM_VERSION + 1])
def test_a_method_for_another_seam_is_refused_at_the_start_with_a_sentence(monkeypatch, stated):
    """It would fail in the middle of a delivery, or keep no exact checkpoint."""

    class Foreign:
        config_model = S3Config

    if stated is not None:
        Foreign.seam = stated
    monkeypatch.setattr(registry, "entry_points", inside(Loaded("s3", Foreign)))
    with pytest.raises(registry.DeliveryMethodsError, match=rf"'s3' .* is made for seam version {stated or 1}"):
        registry.find_methods()


def test_a_method_without_facts_of_its_name_is_refused(monkeypatch):
    """Nobody would know its limits, its place and its price."""

    class Foreign:
        seam = SEAM_VERSION
        config_model = S3Config

    monkeypatch.setattr(registry, "entry_points", inside(Loaded("webhook", Foreign)))
    with pytest.raises(registry.DeliveryMethodsError, match=r"'webhook' .* facts of that name"):
        registry.find_methods()


def test_no_entry_point_at_all_is_told_with_the_next_step(monkeypatch):
    """A zip without dist-info would settle every object as one of unknown methods."""
    install(monkeypatch)
    with pytest.raises(registry.DeliveryMethodsError, match="pip install"):
        registry.find_methods()


def test_a_method_in_the_group_of_the_other_placement_is_refused(monkeypatch):
    """The inside would load it, and connect to an address that a customer has chosen."""
    point = EntryPoint("s3", "runtime.deliveries.s3.delivery:S3Delivery")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == OUTSIDE_ENTRY_POINT_GROUP else [])
    with pytest.raises(registry.DeliveryMethodsError, match=r"delivers inside: .* group 'logrouter.delivery_methods'"):
        registry.find_methods()


def test_the_inside_loads_nothing_of_the_outside(monkeypatch):
    """Its start would grow with client libraries that it never uses, or fail for want of one."""
    found = {
        ENTRY_POINT_GROUP: [EntryPoint("s3", "runtime.deliveries.s3.delivery:S3Delivery")],
        OUTSIDE_ENTRY_POINT_GROUP: [EntryPoint("posting", "no.such.module:Posting")],
    }
    monkeypatch.setattr(registry, "entry_points", found.get)
    assert registry.find_methods(Placement.INSIDE) == {"s3": S3Delivery}
    assert registry.outside_methods() == {"posting"}


def test_each_method_has_a_config_model_of_its_name():
    """Its configs would be those of an unknown method, and wait."""
    names = {point.name for group in (ENTRY_POINT_GROUP, OUTSIDE_ENTRY_POINT_GROUP) for point in entry_points(group)}
    assert names == set(find_config_models())


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
    monkeypatch.setattr(registry, "entry_points", inside(*found))
    with pytest.raises(registry.DeliveryMethodsError, match="two delivery methods are named 's3'"):
        registry.find_methods()


def test_one_method_found_twice_is_one(monkeypatch):
    """A source tree beside its own installation would not start."""
    point = EntryPoint("s3", "runtime.deliveries.s3.delivery:S3Delivery")
    monkeypatch.setattr(registry, "entry_points", inside(point, point))
    assert registry.find_methods() == {"s3": S3Delivery}


def test_methods_are_made_once_with_what_they_may_use():
    """A plug-in would not get the role chain."""
    made = registry.make_methods({"one": lambda services: ("made", services)}, SimpleNamespace(it="is"))
    assert made == {"one": ("made", SimpleNamespace(it="is"))}
