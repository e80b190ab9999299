"""How the menu of a page is read: its links, and the labels of their groups."""

from itertools import count

import pytest

from tests.support.pages import document_of

FOLDERS = (f"https://docs.example/{number}/" for number in count())  # menus are remembered by it


def menu_of(html):
    folder = next(FOLDERS)
    body = f"<aside>{html}</aside><main><p>x</p></main>"
    links = document_of(body, url=f"{folder}page.html").navigation
    return [(link.level, link.text, link.url.removeprefix(folder)) for link in links]


GROUPS = [(0, "Start", ""), (1, "A", "a"), (1, "B", "b"), (0, "More", ""), (1, "C", "c")]


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li><details open><summary>Start</summary><ul><li><a href=a>A</a><li><a href=b>B</a>"
        "</ul></details><li><details><summary>More</summary><ul><li><a href=c>C</a></ul></details>"
        "</ul>",
        "<section><div><h2>Start</h2></div><div><div><a href=a><p>A</p></a></div>"
        "<div><a href=b><p>B</p></a></div></div></section>"
        "<section><div><h2>More</h2></div><div><a href=c><p>C</p></a></div></section>",
        "<div class=x-group><div><span>Start</span></div></div><div><a href=a>A</a><a href=b>B</a>"
        "</div><div class=x-group><div><span>More</span></div></div><div><a href=c>C</a></div>",
        "<p class=caption><span>Start</span></p><ul><li><a href=a>A</a><li><a href=b>B</a></ul>"
        "<p class=caption><span>More</span></p><ul><li><a href=c>C</a></ul>",
        "<ul><li class=header>Start<li><a href=a>A</a><li><a href=b>B</a>"
        "<li class=header>More<li><a href=c>C</a></ul>",
        "<ul><li><button>Start <svg></svg></button><div><ul><li><a href=a>A</a><li><a href=b>B</a>"
        "</ul></div><li><button>More</button><ul><li><a href=c>C</a></ul></ul>",
        "<div><button aria-expanded=true>Start</button><div><a href=a>A</a><a href=b>B</a></div>"
        "</div><div><button aria-expanded=true>More</button><div><a href=c>C</a></div></div>",
    ],
    ids=["details", "sections", "classes", "captions", "separators", "buttons", "disclosures"],
)
def test_labels_head_the_links_of_their_groups(html):
    assert menu_of(html) == GROUPS


def test_a_group_ends_where_the_element_around_it_ends():
    html = (
        "<section><h2>Start</h2><div><a href=a>A</a><div><h3>Deep</h3><div><a href=b>B</a></div>"
        "</div><a href=c>C</a></div></section><a href=d>D</a>"
    )

    assert menu_of(html) == [
        (0, "Start", ""),
        (1, "A", "a"),
        (1, "Deep", ""),
        (2, "B", "b"),
        (1, "C", "c"),
        (0, "D", "d"),
    ]


def test_a_group_that_says_its_name_twice_is_one():
    html = (
        "<ul><li><label>Guide</label><nav><label class=nav__title>Guide</label><ul>"
        "<li><a href=a>A</a><li><a href=b>B</a></ul></nav><li><a href=c>C</a></ul>"
    )

    assert menu_of(html) == [(0, "Guide", ""), (1, "A", "a"), (1, "B", "b"), (0, "C", "c")]


def test_what_a_link_is_about_and_what_a_menu_is_are_no_labels():
    html = (
        "<h3>On this page</h3><p class=title>Version 4.2</p>"
        "<dl><dt><span><a href=a>A</a></span><span> — The first</span></dt>"
        "<dt><a href=b>B</a> the second</dt><dt><a href=c>C</a></dt></dl>"
    )

    assert menu_of(html) == [(0, "A", "a"), (0, "B", "b"), (0, "C", "c")]


def test_items_that_lead_nowhere_head_no_others():
    html = "<ul><li><a href=a>A</a><li>Class<li>Use<li><a href=b>B</a><li><a href=c>C</a></ul>"

    assert menu_of(html) == [(0, "A", "a"), (0, "B", "b"), (0, "C", "c")]


def test_a_link_before_a_list_does_not_head_it():
    html = "<div><a href=a>A</a></div><ul><li><a href=b>B</a><li><a href=c>C</a></ul>"

    assert menu_of(html) == [(0, "A", "a"), (0, "B", "b"), (0, "C", "c")]


def test_an_item_behind_a_group_does_not_belong_to_it():
    html = (
        "<ul><li>Start<ul><li><a href=a>A</a></ul><li><a href=b>B</a>"
        "<li><a href=c><h4>C</h4></a></ul>"
    )

    assert menu_of(html) == [(0, "Start", ""), (1, "A", "a"), (0, "B", "b"), (0, "C", "c")]


def test_a_heading_that_is_a_link_heads_its_group():
    html = (
        "<div><div><a href=a><h2>A</h2></a></div><div><a href=b>B</a></div></div>"
        "<div><div><a href=c><h2>C</h2></a></div><div><a href=d>D</a></div></div>"
    )

    assert menu_of(html) == [(0, "A", "a"), (1, "B", "b"), (0, "C", "c"), (1, "D", "d")]


def test_what_operates_a_menu_heads_nothing():
    html = (
        "<button>Search <kbd>K</kbd></button><ul><li><button>Dark</button><li><a href='#'>Top</a>"
        "<li><a href=a>A</a><li><a href=b>B</a><li><a href=c>C</a></ul>"
        "<p>Made with care</p>"
    )

    assert menu_of(html) == [(0, "A", "a"), (0, "B", "b"), (0, "C", "c")]


def test_badges_and_icons_are_not_part_of_a_menus_lines():
    html = (
        "<ul><li><a href=a><span>Get started</span> <span class=sl-badge>New</span></a>"
        "<li><a href=b><i class=material-icons>menu</i><span>List</span><span>POST</span></a>"
        "<li><a href=c>re<b>start</b></a></ul>"
    )

    assert [text for _, text, _ in menu_of(html)] == ["Get started", "List POST", "restart"]


BAR = "".join(f"<a href={name}>{name}</a>" for name in "uvwxyz")


@pytest.mark.parametrize(
    "body",
    [
        f"<nav class=navbar>{BAR}</nav>",
        f"<header><nav>{BAR}</nav></header>",
        f"<nav class=other>{BAR}</nav>",
    ],
)
def test_the_menu_that_has_a_line_for_the_page_is_the_pages_menu(body):
    own = "<nav><ul><li><a href=a>A</a><li><a href=./page>Page</a><li><a href=b>B</a></ul></nav>"
    document = document_of(f"{body}{own}<main><p>x</p></main>", url=f"{next(FOLDERS)}page.html")

    assert [link.text for link in document.navigation] == ["A", "Page", "B"]


def test_a_bar_in_the_header_is_the_menu_where_there_is_no_other():
    related = "<aside><a href=a>A</a><a href=b>B</a></aside>"
    document = document_of(f"<header><nav>{BAR}</nav></header>{related}", url=f"{next(FOLDERS)}p")

    assert [link.text for link in document.navigation] == list("uvwxyz")


def test_a_line_without_a_link_may_be_the_page_itself():
    html = (
        "<ul><li>Guide<ul><li><span class='item--active'>Here</span><li><a href=a>A</a></ul>"
        "<li class=active>More<ul><li><a href=b>B</a><li><a href=c>C</a></ul></ul>"
    )

    assert menu_of(html) == [
        (0, "Guide", ""),
        (1, "Here", "page.html"),
        (1, "A", "a"),
        (0, "More", ""),
        (1, "B", "b"),
        (1, "C", "c"),
    ]


def test_numbered_chapters_and_empty_links_disturb_no_menu():
    html = (
        "<ul><li><a href=a>A</a><li><div><a aria-expanded=true>Part</a><a class=toggle></a></div>"
        "<ul><li><a href=page.html><i>1</i>Intro</a><li><a href=b>B</a></ul></ul>"
    )

    assert menu_of(html) == [
        (0, "A", "a"),
        (0, "Part", ""),
        (1, "1Intro", "page.html"),
        (1, "B", "b"),
    ]


def test_a_link_beside_what_unfolds_a_group_heads_it():
    html = (
        "<div><div><a href=a>A</a><button aria-expanded=true></button></div><div><a href=b>B</a>"
        "</div></div><div><div><a href=c>C</a><button aria-expanded=true></button></div>"
        "<div><a href=d>D</a></div></div>"
    )

    assert menu_of(html) == [(0, "A", "a"), (1, "B", "b"), (0, "C", "c"), (1, "D", "d")]


def test_versions_and_languages_of_the_page_are_no_lines_of_its_menu():
    html = (
        "<ul><li><a href=a>A</a><li><a href=b>B</a><li><a href=page.html>1.0</a>"
        "<li><a href=page.html lang=en>English</a><li><a href=c>2.0</a></ul>"
    )

    assert [text for _, text, _ in menu_of(html)] == ["A", "B", "2.0"]


def test_the_line_of_the_page_itself_leads_to_it():
    html = (
        "<a class=logo href='#'><p class=title>Docs</p></a><ul><li><a href=a>A</a>"
        "<li><a class=current href='#'>Here</a><ul><li><a href=b>B</a></ul>"
        "<li><a href='#'>Group</a><ul><li><a href=c>C</a></ul></ul>"
    )

    assert menu_of(html) == [
        (0, "A", "a"),
        (0, "Here", "page.html"),
        (1, "B", "b"),
        (0, "Group", ""),
        (1, "C", "c"),
    ]
