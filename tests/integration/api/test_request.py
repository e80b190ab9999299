import pytest
from api.problems import InvalidIdempotencyKey
from api.request import Request, parse_idempotency_key
from hypothesis import given
from hypothesis import strategies as st

from tests.support.api import an_event

PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
KEYS = st.text(PRINTABLE, min_size=1, max_size=255)


def quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@given(KEYS)
def test_a_quoted_key_is_the_key(key: str) -> None:
    assert parse_idempotency_key(quoted(key)) == key


@given(KEYS.filter(lambda key: key == key.strip() and not key.startswith('"')))
def test_a_bare_key_is_the_same_key(key: str) -> None:
    assert parse_idempotency_key(key) == parse_idempotency_key(f" {quoted(key)}\t") == key


@given(st.text())
def test_whatever_comes_is_a_printable_key_or_refused(text: str) -> None:
    try:
        key = parse_idempotency_key(text)
    except InvalidIdempotencyKey:
        return
    assert 1 <= len(key) <= 255
    assert key.isascii()
    assert key.isprintable()


@pytest.mark.parametrize(
    ("field", "is_known"),
    [
        ("", False),
        ("*", True),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b"', False),
        ("a", False),
    ],
)
def test_an_etag_is_compared_weakly(field: str, is_known: bool) -> None:
    event = an_event("GET", "/")
    event["headers"]["if-none-match"] = field

    assert Request(event).knows('"a"') is is_known
