"""DynamoDB's typed attribute values and the plain Python values they stand for."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

type Plain = str | float | bool | Sequence[Plain] | Mapping[str, Plain]
"""What is written as an attribute's value."""
type AttributeValue = AttributeValueTypeDef
type Item = Mapping[str, AttributeValue]
"""An item, or a key, as DynamoDB's client takes and returns it."""


def plain(value: AttributeValue) -> Any:
    """Return an attribute value's plain form: sets as sets, whole numbers as ``int``, NULL as ``None``.

    A type that isn't known is given as it is: the model refuses it by the field's name.
    """
    ((kind, content),) = value.items()
    read = _READERS.get(kind)
    return read(content) if read else content


def plain_item(item: Item) -> dict[str, Any]:
    """Return a whole item's plain form."""
    return {name: plain(value) for name, value in item.items()}


def typed(value: Plain) -> AttributeValue:
    """Return the attribute value of a text, a number, a truth, or a list or a map of them."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: typed(each) for name, each in value.items()}}
    return {"L": [typed(each) for each in value]}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


_READERS: dict[str, Callable[[Any], Any]] = {
    "N": _number,
    "NS": lambda numbers: {_number(each) for each in numbers},
    "SS": set,
    "BS": set,
    "NULL": lambda _: None,
    "L": lambda values: [plain(each) for each in values],
    "M": plain_item,
}
