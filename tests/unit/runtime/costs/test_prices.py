"""The list prices: where they are from."""

from dataclasses import fields

from runtime.costs.prices import list_prices


def test_every_price_has_a_date_and_a_source():
    """Nobody could say where a figure is from, or how old it is."""
    prices = list_prices()
    assert (prices.region, prices.as_of) == ("us-east-1", "2026-06")
    services = {each.name.split("_")[0] for each in fields(prices) if each.type is float}
    assert services == prices.sources.keys()
