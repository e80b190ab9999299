"""How does DynamoDB write a value? boto3 knows too, but loading it would double our own start."""

from collections.abc import Callable, Mapping
from typing import Any

type Attribute = Mapping[str, Any]
"""A value as DynamoDB has it: its type, and itself."""


def encode(value: object) -> dict[str, Any]:
    """Write a value as an attribute.

    Raises:
        TypeError: The table holds no such values. Floats among them: they lose digits there.
    """
    for kind in type(value).__mro__:
        if kind in _WRITERS:
            return _WRITERS[kind](value)
    raise TypeError(f"no attribute can hold {type(value).__name__}")


def decode(attribute: Attribute) -> Any:
    """Read an attribute, also one that we would not write: whoever needs the value decides."""
    [(kind, value)] = attribute.items()
    return value if kind in _PLAIN else _READERS[kind](value)


def encode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Write every value of an item."""
    return {name: encode(value) for name, value in item.items()}


def decode_item(item: Mapping[str, Attribute]) -> dict[str, Any]:
    """Read every attribute of an item."""
    return {name: decode(attribute) for name, attribute in item.items()}


def _number(text: str) -> float:
    return int(text) if text.lstrip("-").isdecimal() else float(text)


_PLAIN = frozenset({"S", "BOOL", "B"})
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "N": _number,
    "SS": set,
    "NS": lambda texts: {_number(text) for text in texts},
    "BS": set,
    "NULL": lambda _: None,
    "M": decode_item,
    "L": lambda values: [decode(value) for value in values],
}
_WRITERS: dict[type, Callable[[Any], dict[str, Any]]] = {
    str: lambda value: {"S": value},
    bool: lambda value: {"BOOL": value},
    int: lambda value: {"N": str(value)},
    bytes: lambda value: {"B": value},
    type(None): lambda _: {"NULL": True},
    dict: lambda value: {"M": encode_item(value)},
    list: lambda value: {"L": [encode(each) for each in value]},
    tuple: lambda value: {"L": [encode(each) for each in value]},
}
