"""DynamoDB's types and back."""

from runtime.delivery_config.attribute_values import plain_item, typed


def test_every_type_has_its_plain_form():
    """A config written by another tool would be misread."""
    item = {
        "s": {"S": "x"},
        "n": {"N": "7"},
        "d": {"N": "1.5"},
        "b": {"BOOL": False},
        "null": {"NULL": True},
        "list": {"L": [{"S": "a"}, {"N": "1"}, {"NULL": True}]},
        "map": {"M": {"k": {"S": "v"}}},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
        "new": {"X": "?"},
    }
    assert plain_item(item) == {
        "s": "x",
        "n": 7,
        "d": 1.5,
        "b": False,
        "null": None,
        "list": ["a", 1, None],
        "map": {"k": "v"},
        "ss": {"a", "b"},
        "ns": {1, 2},
        "new": "?",
    }


def test_values_are_written_with_their_type():
    """A truth would be written as the number 1."""
    assert [typed(each) for each in (True, 3, "x")] == [{"BOOL": True}, {"N": "3"}, {"S": "x"}]


def test_maps_are_written_and_read_back():
    """A program's parameters would be stored as a text, or not at all."""
    value = {"source": ".", "parameters": {"fields": ["a", "b"], "n": 3, "all": True}}
    assert plain_item({"transform": typed(value)}) == {"transform": value}
