"""What older generators of manuals write, and what becomes of it."""

import pytest
from docgen.extract import convert
from docgen.metadata import choose_title
from docgen.sitemodel import split_title
from docgen.walk import Heading

from tests.support.pages import URL, a_model, a_page, document_of, markdown_of

TEXT = "<p>A paragraph that says enough of the matter to be taken for the content of a page.</p>"


def test_blank_lines_around_what_a_page_of_source_links_to_are_kept():
    body = (
        "<pre>import os\n\n\n"
        "<div class='viewcode-block' id='A'><a class='viewcode-back' href='a.html'>[docs]</a>"
        "class A:\n\n"
        "<div class='viewcode-block' id='A.f'><a class='viewcode-back' href='a.html'>[docs]</a>"
        "    def f(self):\n        pass</div></div>\n\n\n"
        "<div class='viewcode-block' id='b'>def b():\n    pass</div>\n\n\nlast = 1\n</pre>"
    )

    assert markdown_of(body) == (
        "```python\nimport os\n\n\nclass A:\n\n    def f(self):\n        pass\n\n\n"
        "def b():\n    pass\n\n\nlast = 1\n```"
    )


@pytest.mark.parametrize("sign", ["#", "^", "top"])
def test_a_linked_sign_in_code_is_code(sign: str):
    body = f"<p>One <a href='#x'>#</a></p><pre>press '<a href='keys.html#k'>{sign}</a>' now</pre>"

    assert markdown_of(body) == f"One\n\n```\npress '{sign}' now\n```"


def test_a_permalink_in_code_is_none():
    assert markdown_of("<pre>a = 1<a class='headerlink' href='#a'>#</a></pre>") == "```\na = 1\n```"


def test_what_sets_line_numbers_off_goes_with_them():
    line = "<span class='linenos'>{:>2}</span> {}\n"
    body = f"<pre>{line.format(9, 'if x:')}{line.format(10, '    y()')}</pre>"

    assert markdown_of(body) == "```\nif x:\n    y()\n```"


def test_code_right_behind_line_numbers_keeps_its_indentation():
    line = "<span class='linenos'>{}</span>{}\n"
    body = f"<pre>{line.format(1, 'if x:')}{line.format(2, '    y()')}</pre>"

    assert markdown_of(body) == "```\nif x:\n    y()\n```"


def test_a_table_of_attributes_is_a_table():
    rows = "<tr><th>Attribute</th><th>Required</th></tr><tr><td>dir</td><td>No</td></tr>"
    body = f"<table class='attr'>{rows}</table>"

    assert markdown_of(body) == "| Attribute | Required |\n| --- | --- |\n| dir | No |"


def test_an_alert_written_as_two_elements_is_one():
    body = (
        "<div class='NOTE'><blockquote class='NOTE'><p><b>Note: </b>Mind the gap.</p>"
        "<p>Always.</p></blockquote></div>"
    )

    assert markdown_of(body) == "> [!NOTE]\n> Mind the gap.\n>\n> Always."


def test_an_alert_does_not_say_its_kind_twice():
    body = "<div class='note tip'><span class='tiptitle'>Tip:</span> Use both.</div>"

    assert markdown_of(body) == "> [!TIP]\n> Use both."


def test_an_alert_keeps_a_label_that_says_more_than_its_kind():
    body = "<div class='warning'><p>Deprecated: Use the other one.</p></div>"

    assert markdown_of(body) == "> [!WARNING]\n> Deprecated: Use the other one."


def test_an_alert_in_a_cell_keeps_its_label():
    note = "<div class='note'><b>Note:</b> Mind it.</div>"
    body = f"<table><tr><th>A</th><th>B</th></tr><tr><td>x</td><td>Text. {note}</td></tr></table>"

    assert "**Note:** Mind it." in markdown_of(body)


def test_a_list_that_is_only_indented_is_not_quoted():
    body = "<p>So:</p><blockquote><div><ul><li>one</li><li>two</li></ul></div></blockquote>"

    assert markdown_of(body) == "So:\n\n- one\n- two"


def test_a_list_within_a_quotation_is_quoted():
    body = "<blockquote><p>She said:</p><ul><li>one</li></ul></blockquote>"

    assert markdown_of(body) == "> She said:\n>\n> - one"


def test_navigation_of_the_docbook_of_old_goes():
    bar = "<div class='NAVHEADER'><table><tr><td><a href='a.html'>Prev</a></td></tr></table></div>"

    assert markdown_of(f"{bar}<h1>Usage</h1>{TEXT}{bar}").startswith("# Usage\n\nA paragraph")


@pytest.mark.parametrize("place", ["{bar}<h1>Usage</h1>{text}", "<h1>Usage</h1>{text}{bar}"])
def test_a_bar_of_ways_goes_with_the_titles_of_the_pages_it_leads_to(place: str):
    bar = (
        "<table><tr><td><a href='a.html'><img src='p.png' alt='Prev'></a></td>"
        "<td><a href='c.html'><img src='u.png' alt='Up'></a></td><th>The Book of Usage</th>"
        "<td><a href='b.html'><img src='n.png' alt='Next'></a></td></tr></table>"
    )

    markdown = markdown_of(place.format(bar=bar, text=TEXT))

    assert markdown.startswith("# Usage\n\nA paragraph")
    assert "Book" not in markdown


def test_a_last_paragraph_that_mentions_ways_stays():
    body = f"<h1>Usage</h1>{TEXT}<p>To go on, click <a href='n.html'>Next</a> until it is done.</p>"

    assert markdown_of(body).endswith("until it is done.")


@pytest.mark.parametrize("anchor", ["toc1.2", "node_toc_chap_4", "TOC12"])
def test_a_heading_does_not_lead_back_to_the_contents(anchor: str):
    assert markdown_of(f"<h2><a href='book.html#{anchor}'>Usage</a></h2>") == "## Usage"


@pytest.mark.parametrize("anchor", ["stochastic", "toccata"])
def test_a_heading_may_lead_elsewhere(anchor: str):
    assert "](" in markdown_of(f"<h2><a href='book.html#{anchor}'>Usage</a></h2>")


def test_a_heading_does_not_lead_to_itself_where_links_start_elsewhere():
    body = "<h2 id='x'><a href='docs/page.html#x'><code>x</code></a></h2>"
    html = a_page(body, head="<base href='../'>")

    assert convert(html, "https://example.com/docs/page.html").markdown == "## `x`"


def test_titles_that_several_pages_share_are_none():
    head = "<title>The Manual</title>"
    model = a_model(a_page(f"<h1>Chapter {n}</h1>{TEXT}", head=head) for n in range(5))
    page = convert(a_page(f"<h1>Chapter 9</h1>{TEXT}", head=head), URL, model)

    assert page.title == "Chapter 9"


def test_the_title_in_brackets_is_the_page_s_where_the_manual_s_stands_before_it():
    affixes = frozenset({"foo-1.0: A library"})

    assert choose_title("foo-1.0: A library (Index - P)", [], affixes) == "Index - P"


def test_titles_are_not_split_within_brackets():
    assert split_title("foo: A library (Index - P)") == ["foo", "A library (Index - P)"]


def test_a_shared_title_is_kept_where_there_is_no_heading():
    model = a_model(a_page(TEXT, head="<title>The Manual</title>") for _ in range(5))

    assert convert(a_page(TEXT, head="<title>The Manual</title>"), URL, model).title == "The Manual"


def test_a_title_of_the_first_heading_alone_stays():
    assert choose_title("", [Heading(2, "Usage", "usage")], frozenset()) == "Usage"


def a_bannered_page(name: str) -> str:
    return a_page(f"<h1>The Manual</h1><p>Version 10.1, 2026</p><h2>{name}</h2>{name} {TEXT}")


def test_a_banner_that_all_pages_have_before_their_own_heading_goes():
    model = a_model(a_bannered_page(name) for name in ("Usage", "Setup", "Tests", "Links"))

    page = convert(a_bannered_page("Notes"), URL, model)

    assert page.markdown.startswith("## Notes")
    assert [heading.text for heading in page.headings] == ["Notes"]


def test_a_first_heading_that_all_pages_have_stays_over_a_text_of_their_own():
    def a_man_page(name: str) -> str:
        return a_page(f"<h1>NAME</h1><p>{name} - does {name}</p><h1>DESCRIPTION</h1>{TEXT}")

    model = a_model(a_man_page(name) for name in ("cut", "ls", "cat", "tail"))

    assert convert(a_man_page("head"), URL, model).markdown.startswith("# NAME\n\nhead")


def test_a_page_that_sphinx_found_no_title_for_has_none():
    page = document_of(TEXT, head="<title>&lt;no title&gt; \u2014 Foo 1.0 documentation</title>")

    assert page.title == "Foo 1.0 documentation"


def test_the_start_page_keeps_the_title_to_which_the_others_add_their_own():
    affixes = frozenset({"foo-1.0", "foo-1.0: A library"})

    assert choose_title("foo-1.0: A library", [], affixes) == "foo-1.0: A library"


@pytest.mark.parametrize(
    "affixes", [{"Foo", "A library"}, {"Foo: A library: Foo: A library", "Foo", "A library"}]
)
def test_a_title_that_names_the_site_twice_names_it_once(affixes: set[str]):
    title = "Foo: A library: Foo: A library"

    assert choose_title(title, [], frozenset(affixes)) == "Foo: A library"


def test_a_title_keeps_its_separator_whatever_stands_in_brackets():
    title = "foo: A library (Index - C)"

    assert choose_title(title, [], frozenset()) == title


def test_a_heading_below_the_first_level_is_no_banner():
    def a_class(name: str) -> str:
        return a_page(f"<h3>Class</h3><h1>{name}</h1>{name} {TEXT}")

    model = a_model(map(a_class, ("Ant", "Bee", "Cow", "Dog")))

    assert "### Class" in convert(a_class("Eel"), URL, model).markdown
