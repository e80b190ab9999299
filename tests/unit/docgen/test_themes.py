"""What themes put into and around the text, and what becomes of it."""

import time

import pytest

from tests.support.pages import URL, document_of, markdown_of


def test_a_heading_that_leads_to_itself_stays():
    body = (
        "<h2 id='why'><a class='header-anchor' href='#why'><span>Why it is so</span></a></h2>"
        "<p>x</p><h2 id='b'><a class='header-anchor' href='#b'>#</a></h2>"
    )

    assert markdown_of(body) == "## Why it is so\n\nx"


@pytest.mark.parametrize("name", ["comments", "footer", "navigation", "sidebar", "menu"])
def test_a_section_about_what_pages_have_around_them_stays(name):
    body = (
        f"<main><h1>T</h1><section id='{name}'><h2>About it</h2><p>x</p></section>"
        f"<h2 id='{name}'>Once more</h2></main>"
    )

    assert markdown_of(body) == "# T\n\n## About it\n\nx\n\n## Once more"


@pytest.mark.parametrize(
    "way",
    [
        "<ul class='tsd-breadcrumb'><li><a href='a'>A</a></li><li>Page</li></ul>",
        "<div aria-label='Breadcrumbs'><a href='a'>A</a> Page</div>",
        "<ol class='c-breadcrumbs'><li><a href='a'>A</a></li></ol>",
    ],
)
def test_the_way_to_a_page_is_none_of_its_text(way):
    assert markdown_of(f"<main>{way}<h1>Page</h1><p>x</p></main>") == "# Page\n\nx"


def test_a_page_that_has_breadcrumbs_is_none_itself():
    body = "<div class='has-breadcrumbs'><h1>Page</h1><p>x</p></div>"

    assert markdown_of(body) == "# Page\n\nx"


def test_the_parts_of_a_title_do_not_run_together():
    body = "<h1><span class='name'>Orchard</span><span class='text'>Plans and picks</span></h1>"

    assert markdown_of(body) == "# Orchard Plans and picks"


def test_what_only_readers_of_a_screen_hear_leaves_no_gap():
    body = (
        "<p>See <a href='https://x.example/'>X <span class='sr-only'>(opens)</span></a> here.</p>"
    )

    assert markdown_of(body) == "See [X](https://x.example/) here."


_MATHJAX = "<script src='https://cdn.example/mathjax@3/tex-mml-chtml.js'></script>"
_DOLLARS = "<script>renderMathInElement(b,{delimiters:[{left: '$', right: '$'}]})/*katex*/</script>"


@pytest.mark.parametrize(
    ("script", "text", "expected"),
    [
        (_MATHJAX, r"If \(a_i &lt; b_i\) holds", "If $a_i < b_i$ holds"),
        (_MATHJAX, r"\[ x^2 * y \]", "$$x^2 * y$$"),
        (_MATHJAX, "$$ x_1<em>2</em> $$", "$$x_12$$"),
        (_MATHJAX, r"It costs $5 or $6 <code>\(a\)</code>", r"It costs \$5 or \$6 `\(a\)`"),
        (_MATHJAX, r"with \$sum_(i=1)^n\$ here", "with `sum_(i=1)^n` here"),
        (_DOLLARS, "Let $n_1$ be; it costs $5 and $6.", r"Let $n_1$ be; it costs \$5 and \$6."),
        ("", r"If \(a_i\) holds", r"If \\(a_i\\) holds"),
    ],
)
def test_what_a_script_sets_as_a_formula_is_one(script, text, expected):
    page = document_of(f"<p>{text}</p>", head=f"<title>T</title>{script}")

    assert page.markdown == expected


def test_a_table_of_contents_of_one_line_is_left_out():
    body = (
        "<h1>T</h1><div id='toc'><div>Table of Contents</div><ul><li><a href='#a'>A</a></li></ul>"
        "</div><h2 id='a'>A</h2>"
    )

    assert markdown_of(body) == "# T\n\n## A"


def test_a_footnote_in_brackets_has_them_once():
    body = (
        "<p>x<sup class='footnote'>[<a class='footnote' href='#_footnotedef_1'>1</a>]</sup></p>"
        "<div class='footnote' id='_footnotedef_1'><a href='#_footnoteref_1'>1</a>. Note.</div>"
    )

    assert markdown_of(body).startswith("x[^1]\n\n")


def test_the_title_of_a_block_stands_out():
    body = "<div class='listingblock'><div class='title'>Terminal</div><pre>ls</pre></div>"

    assert markdown_of(body) == "**Terminal**\n\n```\nls\n```"


def test_a_table_of_line_numbers_and_code_gives_the_code():
    body = (
        "<pre><code data-lang='py'><table>\n<tr>\n  <td class='line-numbers'><pre>1\n2</pre></td>"
        "\n  <td class='code'><pre>a\n  b</pre></td>\n</tr>\n</table></code></pre>"
    )

    assert markdown_of(body) == "```python\na\n  b\n```"


def test_links_to_what_tabs_show_are_their_labels():
    body = (
        "<h1>T</h1><ul class='nav-tabs'><li class='active'><a href='#t-1'>pip</a></li>"
        "<li><a href='#t-2'>conda</a></li></ul><div class='tab-content'>"
        "<div class='tab-pane active' id='t-1'><p>one</p></div>"
        "<div class='tab-pane' id='t-2'><p>two</p></div></div>"
    )

    assert markdown_of(body) == "# T\n\n**pip**\n\none\n\n**conda**\n\ntwo"


def test_links_to_parts_of_the_page_that_only_look_like_tabs_stay():
    body = "<h1>T</h1><ul class='nav-tabs'><li><a href='#b'>B</a></li></ul><h2 id='b'>B</h2>"

    assert markdown_of(body) == f"# T\n\n- [B]({URL}#b)\n\n## B"


def test_what_a_radio_button_shows_has_its_label():
    body = (
        "<div><input type='radio' id='t1'><label for='t1'>Mac</label><div><p>one</p></div>"
        "<input type='radio' id='t2'><label for='t2'>Linux</label><div><p>two</p></div></div>"
        "<p><label for='x'>Name</label> of it</p>"
    )

    assert markdown_of(body) == "**Mac**\n\none\n\n**Linux**\n\ntwo\n\nName of it"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("5 min read", ""),
        ("1 minute read", ""),
        ("Reading time: ~3 min", ""),
        ("June 4, 2024 · 5 min read", "June 4, 2024\n\n"),
        ("It takes 5 minutes to read the log.", "It takes 5 minutes to read the log.\n\n"),
        ("Read on for 5 minutes", "Read on for 5 minutes\n\n"),
    ],
)
def test_how_long_a_page_takes_to_read_is_none_of_its_text(line, left):
    body = f"<main><h1>T</h1><p>{line}</p><p>x</p></main>"

    assert markdown_of(body) == f"# T\n\n{left}x"


def test_a_kind_beside_the_word_note_is_the_kind():
    body = "<div class='note warning'><p>x</p></div><div class='NOTE'><h5>Note</h5><p>y</p></div>"

    assert markdown_of(body) == "> [!WARNING]\n> x\n\n> [!NOTE]\n> y"


def test_blocks_in_a_heading_do_not_run_together():
    assert markdown_of("<h2>Plan<div>in package <b>a</b></div></h2>") == "## Plan in package a"


def test_what_only_adorns_a_heading_is_left_out():
    body = "<h2><img src='i.svg' alt=''>Install</h2><h2>📄️ Guide</h2>"

    assert markdown_of(body) == "## Install\n\n## Guide"


def test_a_formula_brings_no_markup_with_it():
    text = r"\(a &lt;script&gt; b\) and \$c`&lt;i&gt;`\$"
    page = document_of(f"<p>{text}</p>", head=f"<title>T</title>{_MATHJAX}")

    assert page.markdown == "$a < script> b$ and `c'<i>'`"


@pytest.mark.parametrize("opening", ["\\(", "\\[", "$$", "$", "\\$"])
def test_formulas_that_never_end_cost_little(opening):
    body = "<p>" + f"{opening} a " * 20_000 + "</p>"
    start = time.process_time()
    document_of(body, head=f"<title>T</title>{_MATHJAX}{_DOLLARS}")

    assert time.process_time() - start < 5


def test_a_formula_on_its_own_lines_brings_no_markup_with_it():
    assert markdown_of("<div class='math'>\\[a &lt;b&gt; c\\]</div>") == "$$\na < b> c\n$$"
