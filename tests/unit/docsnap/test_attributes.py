from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from docsnap.attributes import decode, decode_item, encode, encode_item
from docsnap.jobs import JobStatus
from hypothesis import given
from hypothesis import strategies as st

WHOLE = st.integers(-(10**37), 10**37)
SCALARS = st.none() | st.booleans() | WHOLE | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=20
)
ITEMS = st.dictionaries(st.text(min_size=1), VALUES)


@given(ITEMS)
def test_an_item_comes_back_as_it_was(item: dict[str, Any]) -> None:
    assert decode_item(encode_item(item)) == item


@given(VALUES)
def test_values_are_written_and_read_as_boto3_does(value: Any) -> None:
    written = TypeSerializer().serialize(value)

    assert encode(value) == written
    assert decode(written) == TypeDeserializer().deserialize(written)


@pytest.mark.parametrize(
    "attribute",
    [{"N": "1.5"}, {"N": "-1E+3"}, {"SS": ["a", "b"]}, {"NS": ["1", "2.5"]}, {"BS": [b"a"]}],
)
def test_what_somebody_else_has_written_is_read_all_the_same(attribute: Any) -> None:
    assert decode(attribute) == TypeDeserializer().deserialize(attribute)


def test_a_state_is_written_as_its_name() -> None:
    assert encode(JobStatus.ACTIVE) == {"S": "active"}
    assert encode(("a", 1)) == {"L": [{"S": "a"}, {"N": "1"}]}


@pytest.mark.parametrize("value", [1.5, {1, 2}, object()])
def test_what_no_attribute_holds_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        encode(value)
