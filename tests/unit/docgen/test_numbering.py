"""Pages of books, whose chapters and sections have numbers."""

import pytest
from docgen.numbering import read_number
from docgen.site import Entry

from tests.support.documents import a_document, arranged, link, menu


def shape(entries: list[Entry]) -> list:
    return [
        (entry.label, shape(entry.children)) if entry.children else entry.label for entry in entries
    ]


def a_book(labels: dict[str, str], order: str, **more) -> list:
    home = a_document("", "# Book\n\n" + " ".join(link(path) for path in order), **more)
    return shape(arranged(home, *(a_document(p, f"# {n}") for p, n in labels.items())).tree)


def test_chapters_stand_as_they_are_numbered() -> None:
    labels = {"a": "1 Start", "b": "2 Use", "c": "2.1 Easy", "d": "2.10 Hard", "e": "3 End"}

    assert a_book(labels, "edcba") == [
        "Book",
        "1 Start",
        ("2 Use", ["2.1 Easy", "2.10 Hard"]),
        "3 End",
    ]


def test_appendices_come_behind_chapters_and_the_rest_stays_around_them() -> None:
    labels = {"p": "Preface", "a": "Chapter 1. Start", "b": "Chapter 2. Use"}
    labels |= {"c": "Chapter 3. End", "x": "Appendix A. Terms", "i": "Index"}

    assert a_book(labels, "pxcabi") == [
        "Book",
        "Preface",
        "Chapter 1. Start",
        "Chapter 2. Use",
        "Chapter 3. End",
        "Appendix A. Terms",
        "Index",
    ]


@pytest.mark.parametrize(
    "labels",
    [
        {"a": "1 Start", "b": "1 Start again", "c": "2 Use", "d": "3 End"},
        {"a": "10 ways to start", "b": "20 ways to use", "c": "90 ways to end"},
        {"a": "1 Start", "b": "Use", "c": "Tools", "d": "More", "e": "2 End"},
    ],
)
def test_numbers_that_make_no_book_prove_nothing(labels) -> None:
    assert a_book(labels, "".join(labels)[::-1]) == ["Book", *list(labels.values())[::-1]]


def test_a_menu_in_another_order_is_believed() -> None:
    labels = {"a": "1 Start", "b": "2 Use", "c": "3 End"}
    lines = menu(*((0, labels[path], path) for path in "cab"))

    assert a_book(labels, "abc", navigation=lines) == ["Book", "3 End", "1 Start", "2 Use"]


def test_a_flat_menu_in_the_order_of_the_numbers_gets_their_hierarchy() -> None:
    labels = {"a": "1 Start", "b": "2 Use", "c": "2.1 Easy", "d": "3 End"}
    lines = menu(*((0, labels[path], path) for path in "abcd"))

    assert a_book(labels, "abcd", navigation=lines) == [
        "Book",
        "1 Start",
        ("2 Use", ["2.1 Easy"]),
        "3 End",
    ]


def test_sections_whose_chapters_stand_in_parts_stay_where_they_are() -> None:
    lines = menu((0, "Part I", "p"), (1, "Start", "a"), (1, "Use", "b"))
    labels = {"p": "Part I", "a": "Start", "b": "Use"}
    labels |= {"x": "1.1 Easy", "y": "1.2 Hard", "z": "2.1 Near", "w": "2.2 Far"}

    assert a_book(labels, "pabwzyx", navigation=lines) == [
        "Book",
        ("Part I", ["Start", "Use"]),
        "2.2 Far",
        "2.1 Near",
        "1.2 Hard",
        "1.1 Easy",
    ]


def test_a_chapter_that_the_menu_names_without_its_number_keeps_its_sections() -> None:
    lines = menu((0, "Start", "a"), (1, "1.1 Easy", "b"))
    labels = {"a": "1 Start", "b": "1.1 Easy", "c": "1.1.1 Near", "d": "2 Use", "e": "2.1 Far"}
    labels |= {"f": "3 End"}

    assert a_book(labels, "abfedc", navigation=lines) == [
        "Book",
        ("Start", [("1.1 Easy", ["1.1.1 Near"])]),
        ("2 Use", ["2.1 Far"]),
        "3 End",
    ]


@pytest.mark.parametrize("label", ["A Guide", "3D printing", "2.0.1", "64-bit support", "Usage"])
def test_not_every_title_has_a_number(label) -> None:
    assert read_number(label) is None
