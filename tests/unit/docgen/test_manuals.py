"""What generators of manuals and references for whole languages write, and what becomes of it."""

import pytest
from docgen import urls
from docgen.extract import convert
from docgen.metadata import choose_title
from docgen.sitemodel import split_suffix
from docgen.walk import Heading

from tests.support.pages import URL, a_model, a_page, document_of, markdown_of

SYMBOL = "<span class='RktPn'>(</span><span class='RktSym'>{}</span><span class='RktPn'>)</span>"
TEXT = "<p>A paragraph that says enough of the matter to be taken for the content of a page.</p>"


def a_row(code: str) -> str:
    return f"<tr><td>{code}</td></tr>"


def test_code_in_the_rows_of_a_table_is_code():
    body = (
        "<blockquote class='SCodeFlow'><table class='RktBlk'>"
        + a_row(
            f"<table class='RktBlk'>{a_row(SYMBOL.format('go'))}"
            f"{a_row('<span class=hspace>&nbsp;&nbsp;</span>' + SYMBOL.format('on'))}</table>"
        )
        + a_row("<p><span class='RktRes'>7</span></p>")
        + "</table></blockquote>"
    )

    assert markdown_of(body) == "```racket\n(go)\n  (on)\n7\n```"


def test_code_whose_result_is_a_picture_keeps_the_picture():
    body = (
        "<blockquote class='SCodeFlow'><table class='RktBlk'>"
        + a_row(f"<table class='RktBlk'>{a_row(SYMBOL.format('plot'))}</table>")
        + a_row("<p><img src='a.png' alt='a curve'></p>")
        + "</table></blockquote>"
    )

    markdown = markdown_of(body)
    assert "```racket\n(plot)\n```" in markdown
    assert "![a curve](https://docs.example/guide/a.png)" in markdown


@pytest.mark.parametrize("name", ["RktSym", "RktVal", "stt", "cmtt-10x-x-109", "ectt-1000"])
def test_code_in_a_line_that_is_only_a_class_is_code(name):
    body = f"<p>Call <span class='{name}'>start</span> once.</p>"

    assert markdown_of(body) == "Call `start` once."


def test_code_in_a_line_may_be_coloured():
    body = (
        "<table><tr><td><span class='mw-geshi cpp source-cpp'><span class='kw1'>void</span>"
        "<br>copy<span class='br0'>(</span><span class='br0'>)</span></span></td><td>(1)</td></tr>"
        "<tr><td>a</td><td>b</td></tr></table>"
    )

    assert "| `void copy()` | (1) |" in markdown_of(body)


def test_code_in_a_line_stays_a_link():
    body = "<p>Call <span class='RktSym'><a href='a.html' class='RktValLink'>go</a></span>.</p>"

    assert markdown_of(body) == "Call [`go`](https://docs.example/guide/a.html)."


def test_what_is_only_set_off_is_no_quotation():
    body = (
        "<blockquote class='SVInsetFlow'><table class='boxed RBoxed'><tr><td>"
        "<blockquote class='SubFlow'><p>procedure</p><p class='RForeground'>"
        f"{SYMBOL.format('go x')}</p></blockquote></td></tr></table></blockquote>"
    )

    assert markdown_of(body) == "procedure\n\n**`(go x)`**"


def test_a_quotation_of_nothing_but_a_quotation_is_one():
    assert markdown_of("<blockquote><blockquote><p>a</p></blockquote></blockquote>") == "> a"


def test_descriptions_of_what_is_documented_are_no_alerts():
    body = (
        "<pre>type t</pre><div class='info '><div class='info-desc'><p>A type.</p></div></div>"
        "<div class='info module top'><p>A module.</p></div>"
    )

    assert markdown_of(body) == "```\ntype t\n```\n\nA type.\n\nA module."


def test_a_box_of_information_is_an_alert():
    assert markdown_of("<div class='info'><p>Read this.</p></div>") == "> [!NOTE]\n> Read this."


def test_the_sign_of_an_alert_goes_even_as_an_image():
    body = (
        "<div class='warning'><table><tr><td rowspan=2><img src='w.png' alt='[Warning]'></td>"
        "<th>Warning</th></tr><tr><td><p>Mind the gap.</p></td></tr></table></div>"
    )

    assert markdown_of(body) == "> [!WARNING]\n> Mind the gap."


@pytest.mark.parametrize(
    "bar",
    [
        "<p>Next: <a href='b.html'>Use of it</a>, Up: <a href='c.html'>The whole</a> &nbsp;"
        "[<a href='toc.html'>Contents</a>][<a href='i.html'>Index</a>]</p>",
        "<p>Previous: <a href='b.html'>Use of it</a>, Up: <a href='c.html'>The whole</a></p>",
        "<table><tr><td>[ <a href='b.html'>&lt; Use of it</a> ]</td>"
        "<td>[ <a href='c.html'>Up : The whole</a> ]</td></tr></table>",
        "<p><a href='b.html'>&lt;-previous</a><a href='c.html'>next-&gt;</a></p>",
    ],
)
def test_ways_to_other_pages_go_wherever_they_stand(bar):
    body = f"<h2>One</h2>{TEXT}{bar}<h3>Two</h3>{TEXT}"

    assert "b.html" not in markdown_of(body)


@pytest.mark.parametrize(
    "line",
    [
        "<p>Next: read <a href='b.html'>Use of it</a> and <a href='c.html'>The whole</a></p>",
        "<p>See also: <a href='b.html'>Use of it</a>, <a href='c.html'>The whole</a></p>",
        "<p><a href='b.html'>vector&lt;int&gt;</a>, <a href='c.html'>list&lt;int&gt;</a></p>",
        "<p><a href='b.html'>Use of it →</a> <a href='c.html'>The whole →</a></p>",
    ],
)
def test_links_that_lead_to_more_on_the_matter_stay(line):
    body = f"<h2>One</h2>{TEXT}{line}<h3>Two</h3>{TEXT}"

    assert "b.html" in markdown_of(body)


def test_a_heading_of_contents_that_are_left_out_goes_with_them():
    body = (
        "<h1>Page</h1><h2>Table of Contents</h2><div class='contents'><ul>"
        "<li><a href='#a'>First</a></li><li><a href='#b'>Second</a></li></ul></div>"
        f"<h2 id='a'>First</h2>{TEXT}<h2 id='b'>Second</h2>{TEXT}"
    )

    document = document_of(body)
    assert [heading.text for heading in document.headings] == ["Page", "First", "Second"]
    assert "Table of Contents" not in document.markdown


def test_contents_are_found_within_what_has_their_name():
    body = (
        "<div class='contents'><div class='toc'><h3>Table of Contents</h3><ul>"
        "<li><a href='#a'>First</a></li><li><a href='#b'>Second</a></li></ul></div>"
        f"<h2 id='a'>First</h2>{TEXT}<h2 id='b'>Second</h2>{TEXT}</div>"
    )

    assert markdown_of(body).startswith("## First")


def test_a_list_called_index_is_left_out_where_it_leads_within_the_page():
    links = "<li><a href='{0}#a'>NAME</a></li><li><a href='{0}#b'>NOTES</a></li>"
    body = f"<ul id='index'>{links}</ul><h2 id='a'>NAME</h2>{TEXT}<h2 id='b'>NOTES</h2>{TEXT}"

    assert markdown_of(body.format("")).startswith("## NAME")
    assert markdown_of(body.format("other.html")).startswith("- [NAME]")


def test_links_hidden_from_readers_aloud_are_no_part_of_a_heading():
    body = (
        "<h2>Usage<span class='right'><a class='x' href='#u' aria-hidden='true'>#</a> "
        f"<a class='x' href='#toc-u' aria-hidden='true'>TOC</a></span></h2>{TEXT}"
    )

    assert markdown_of(body).startswith("## Usage\n")


def test_a_signature_stands_without_the_ways_to_its_source_and_to_itself():
    body = (
        "<div class='functionHeader'><span>def</span> <span>go</span>(speed):\n"
        "<a class='sourceLink' href='https://code.example/go.py#L3'>\n     \n     (source)\n  </a>"
        "<a class='headerLink' href='#go'>\n      \n    ¶\n     </a></div><div>Goes.</div>"
    )

    assert markdown_of(body) == "**`def go(speed):`**\n\nGoes."


@pytest.mark.parametrize("name", ["sidebar", "footer", "comments", "menu", "navigation"])
def test_a_section_may_be_called_like_a_part_of_the_page(name):
    body = f"<div class='section' id='{name}'><h2>Title</h2>{TEXT}</div>"

    assert markdown_of(body).startswith("## Title")
    assert markdown_of(f"{TEXT}<div class='x' id='{name}'>junk</div>").endswith("page.")


def test_lines_that_are_links_end_behind_them():
    body = "<p><a href='a.html'>One<br></a><a href='b.html'><br>Two</a></p>"
    folder = "https://docs.example/guide"

    assert markdown_of(body) == f"[One]({folder}/a.html)\\\n[Two]({folder}/b.html)"


def test_a_number_before_a_heading_needs_no_escape():
    assert markdown_of("<h2>2. Usage</h2>") == "## 2. Usage"
    assert markdown_of("<p>2. Usage</p>") == "2\\. Usage"


def test_columns_that_only_make_space_are_left_out():
    row = "<tr><td><a href='{0}.html'>{0}</a>:</td><td>&nbsp;&nbsp;</td><td>Of {0}.</td></tr>"
    body = f"<table class='menu'>{row.format('One')}{row.format('Two')}</table>"
    lines = ["|  |  |", "| --- | --- |", "| [One](u/One.html): | Of One. |"]

    written = markdown_of(body).replace("https://docs.example/guide", "u")
    assert written.splitlines() == [*lines, "| [Two](u/Two.html): | Of Two. |"]


def test_a_single_column_that_is_left_is_a_list():
    row = "<tr><td>{}</td><td></td><td> </td></tr>"

    assert markdown_of(f"<table>{row.format('One')}{row.format('Two')}</table>") == "- One\n- Two"


def test_a_column_with_nothing_but_a_header_stays():
    body = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td></td></tr></table>"

    assert markdown_of(body) == "| a | b |\n| --- | --- |\n| 1 |  |"


@pytest.mark.parametrize(
    ("title", "heading", "chosen"),
    [
        ("Usage (The Whole Manual (version 7.3))", "Usage", "Usage"),
        ("Usage (The Whole Manual)", "5.3.1 Usage", "5.3.1 Usage"),
        ("Section 2.10", "2.10 Usage", "2.10 Usage"),
        ("The Manual - Chapter 4: Usage", "4 Usage", "4 Usage"),
        ("open (2)", "NAME", "open (2)"),
        ("Usage", "Other", "Usage"),
    ],
)
def test_the_number_of_a_chapter_and_the_name_of_its_book_make_no_other_title(
    title, heading, chosen
):
    assert choose_title(title, [Heading(3, heading, "a")], frozenset()) == chosen


def test_what_all_titles_say_in_brackets_is_not_the_page_s_own():
    topics = ["Apples", "Bears", "Cats", "Dogs", "Eggs"]
    pages = [
        a_page(f"<h4>About {t}</h4>{TEXT}", head=f"<title>{t} (Farm Manual)</title>")
        for t in topics
    ]

    assert convert(pages[0], URL, a_model(pages)).title == "Apples"


@pytest.mark.parametrize("title", ["f(x)", "plain", "(all)", "a) b)"])
def test_brackets_that_belong_to_a_title_stay_with_it(title):
    assert split_suffix(title) == (title, "")


def test_a_heading_that_names_the_site_on_each_page_is_not_the_page_s():
    topics = ["Apples", "Bears", "Cats", "Dogs", "Eggs"]
    pages = [
        a_page(f"<h1><a href='/'>The Farm</a></h1><h2>{t}</h2>{TEXT}<p>Of {t}.</p>") for t in topics
    ]
    document = convert(pages[0], URL, a_model(pages))

    assert document.markdown.startswith("## Apples")
    assert document.headings[0].text == "Apples"


def test_a_heading_that_all_pages_begin_with_stays():
    topics = ["apples", "bears", "cats", "dogs", "eggs"]
    pages = [a_page(f"<h1>NAME</h1><p>{t} - of {t}</p><h1>NOTES</h1>{TEXT}") for t in topics]

    assert convert(pages[0], URL, a_model(pages)).markdown.startswith("# NAME\n\napples")


def test_a_book_s_index_is_not_the_page_of_its_folder():
    assert urls.fold("https://a.example/m/Index.html") != urls.fold("https://a.example/m/")
    assert urls.fold("https://a.example/m/index.html") == urls.fold("https://a.example/m/")
    assert urls.fold("https://a.example/m/Default.aspx") == urls.fold("https://a.example/m/")


def test_the_title_of_a_reference_s_page_is_its_heading():
    body = (
        "<div class='header'><div class='summary'><a href='#a'>Types</a> | "
        "<a href='members.html'>All members</a></div><div class='headertitle'>"
        "<div class='title'>Box Class"
        "<div class='ingroups'><a href='g.html'>Boxes</a></div></div></div></div>"
        f"<h2 id='a'>Types</h2>{TEXT}"
    )

    assert markdown_of(body).startswith("# Box Class\n\n## Types")


def test_the_trail_that_leads_to_a_page_goes():
    trail = "<div><a href='/'>Docs</a> :: <a href='.'>Lists</a></div><hr>"

    assert markdown_of(f"{trail}<h1>Lists</h1>{TEXT}").startswith("# Lists")
    assert "See [Docs]" in markdown_of(f"<p>See <a href='/'>Docs</a>.</p><h1>Lists</h1>{TEXT}")
    assert markdown_of(f"{trail}<h2>Lists</h2>{TEXT}").startswith("[Docs]")


def test_a_word_of_code_may_have_the_class_that_names_a_language_elsewhere():
    body = "<pre><code>x; <span class='lang'>if</span> (y) z();</code></pre>"

    assert markdown_of(body) == "```\nx; if (y) z();\n```"


def test_what_odoc_specifies_is_code():
    body = (
        "<div class='spec value anchored' id='v'><a href='#v' class='anchor'></a>"
        "<code><span>val</span> x : <a href='s.html'>Str.t</a></code></div>"
        "<div class='spec type' id='t'><code><span>type</span> t = </code><ol>"
        "<li class='def variant'><code>| A</code></li><li class='def variant'><code>| B</code></li>"
        "</ol></div>"
    )

    assert markdown_of(body) == "**`val x : Str.t`**\n\n```\ntype t =\n| A\n| B\n```"


def test_what_odoc_specifies_keeps_what_is_said_of_each_case():
    body = (
        "<div class='spec type' id='t'><code>type t = </code><ol><li class='def variant'>"
        "<code>| A</code><div class='def-doc'><p>The first.</p></div></li></ol></div>"
    )

    assert "The first." in markdown_of(body)
    assert "```" not in markdown_of(body)


def test_contents_written_as_definitions_are_a_list():
    line = "<dt><span>{0}. <a href='{0}.html'>T{0}</a></span></dt>"
    body = (
        f"<h1>Book</h1>{TEXT}<div class='toc'><p><b>Table of Contents</b></p><dl class='toc'>"
        f"{line.format(1)}{line.format(2)}<dd><dl>{line.format(3)}{line.format(4)}</dl></dd>"
        f"{line.format(5)}</dl></div>"
    )

    written = markdown_of(body).replace("https://docs.example/guide/", "")
    assert written.endswith(
        "- 1\\. [T1](1.html)\n- 2\\. [T2](2.html)\n  - 3\\. [T3](3.html)\n  - 4\\. [T4](4.html)\n"
        "- 5\\. [T5](5.html)"
    )


def test_tables_without_rows_are_tables():
    body = (
        "<div class='summary-table two-column-summary'><div class='table-header col-first'>Name"
        "</div><div class='table-header col-last'>Says</div><div class='col-first even'>"
        "<code>go()</code></div><div class='col-last even'><div class='block'>Goes.</div></div>"
        "<div class='col-constructor-name odd'><code>Go()</code></div>"
        "<div class='col-last odd'></div></div>"
    )

    assert markdown_of(body) == "| Name | Says |\n| --- | --- |\n| `go()` | Goes. |\n| `Go()` |  |"
