from collections.abc import Iterator

import pytest
from docsnap import errors
from docsnap.errors import DocSnapError, RequestError


def _leaves(error: type[DocSnapError]) -> Iterator[type[DocSnapError]]:
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _leaves(child)


@pytest.mark.parametrize("error", list(_leaves(DocSnapError)), ids=lambda error: error.__name__)
def test_every_error_has_its_place_in_the_tree_that_is_drawn(error: type[DocSnapError]) -> None:
    assert error.__name__ in (errors.__doc__ or "")


def test_every_request_error_has_a_code_of_its_own_and_a_client_error_status() -> None:
    leaves = [error for error in _leaves(RequestError) if issubclass(error, RequestError)]

    assert len({error.code for error in leaves}) == len(leaves)
    assert all(400 <= error.status < 500 for error in leaves)


def test_the_message_of_an_error_is_what_it_stands_for_unless_told_otherwise() -> None:
    assert str(errors.JobNotFound()) == "There is no such job."
    assert str(errors.JobNotFound("Gone.")) == "Gone."
