"""What writes cost, by DynamoDB's rules: from what a table held before and after."""

from math import ceil

from boto3.dynamodb.types import Binary
from docsnap.items import Item

INDEXES = (("pk", "statusKey"), ("deadlineShard", "deadlineAt"))


def write_units(before: list[Item], after: list[Item], *, transaction: bool) -> int:
    """Count the units of one call that made the one into the other."""
    old = {(item["pk"], item["sk"]): item for item in before}
    new = {(item["pk"], item["sk"]): item for item in after}
    changed = [key for key in old | new if old.get(key) != new.get(key)]
    return sum(
        _of_table(old.get(key), new.get(key)) * (2 if transaction else 1)
        + sum(_of_index(old.get(key), new.get(key), index) for index in INDEXES)
        for key in changed
    )


def _of_table(old: Item | None, new: Item | None) -> int:
    """The larger of the two counts, in kilobytes begun."""
    return max(ceil(item_size(item) / 1024) for item in (old, new) if item)


def _of_index(old: Item | None, new: Item | None, index: tuple[str, str]) -> int:
    """An entry written or deleted costs one unit, one that moves two; keys alone are small."""
    entries = [
        tuple(item[name] for name in index) if item and all(name in item for name in index) else ()
        for item in (old, new)
    ]
    return 0 if entries[0] == entries[1] else sum(bool(entry) for entry in entries)


def item_size(value: object) -> int:
    """Count the bytes of an item as DynamoDB does, a little too many."""
    if isinstance(value, dict):
        return sum(len(name) + 1 + item_size(part) for name, part in value.items()) + 3
    if isinstance(value, list):
        return sum(1 + item_size(part) for part in value) + 3
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Binary):
        return item_size(vars(value)["value"])
    if isinstance(value, bytes):
        return len(value)
    return 1 if isinstance(value, bool) else len(str(value)) // 2 + 2
