import pytest
from docgen import markdown, vocabulary
from docgen.walk import _HANDLERS

from tests.support.pages import document_of, markdown_of


def test_every_role_has_a_handler():
    assert markdown
    assert set(vocabulary.ROLES_BY_NAME.values()) <= set(_HANDLERS)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>a <b>b</b> <i>c</i> <code>d</code> <del>e</del></p>", "a **b** *c* `d` ~~e~~"),
        ("<p>a <b> b </b>c</p>", "a **b** c"),
        ("<p>a <b></b> c</p>", "a c"),
        ("<p><b><b>a</b></b></p>", "**a**"),
        ("<p><b>a</b><b>b</b></p>", "**ab**"),
        ("<p><b>note:</b>text</p>", "note:text"),
        ("<p>one<br>two</p>", "one\\\ntwo"),
        ("<p>2<sup>32</sup> and 1<sup>st</sup></p>", "2\\*\\*32 and 1st"),
        ("<p>H<sub>2</sub>O</p>", "H2O"),
        ("<p><kbd>Ctrl</kbd> <q>so</q></p>", "`Ctrl` “so”"),
        ("<p><code>a`b</code></p>", "`` a`b ``"),
        ("<p><code>f(x[0])</code></p>", "`f(x[0])`"),
    ],
)
def test_phrases_become_markdown(body, expected):
    assert markdown_of(body) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a &lt;Word&gt; b", "a \\<Word> b"),
        ("*a* __init__ x_y", "\\*a\\* \\_\\_init\\_\\_ x_y"),
        ("&amp;lt; &amp; x", "\\&lt; & x"),
        ("# no", "\\# no"),
        ("1. no", "1\\. no"),
        ("- no", "\\- no"),
        ("+ no", "\\+ no"),
        ("&gt; no", "\\> no"),
        ("--- ---", "\\--- ---"),
        ("[a](b)", "\\[a\\](b)"),
        ("[a]: b", "\\[a]: b"),
        ("[optional]", "[optional]"),
        ("costs $5", "costs \\$5"),
        ("c:\\*", "c:\\\\\\*"),
        ("`x`", "\\`x\\`"),
        ("a\ue000b\ue001c", "abc"),
    ],
)
def test_text_means_itself(text, expected):
    assert markdown_of(f"<p>{text}</p>") == expected


def test_links_are_absolute_and_wrapped():
    document = document_of("<p><a href='../a b.html#c'>x</a></p>")

    assert document.markdown == "[x](\ue000https://docs.example/a%20b.html#c\ue001)"
    assert document.links == (("https://docs.example/a b.html#c", "x"),)


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///x"]
)
def test_links_that_are_no_links_leave_their_text(href):
    assert markdown_of(f"<p><a href='{href}'>text</a></p>") == "text"


def test_links_in_code_split_it():
    body = "<p><code>Map&lt;<a href='K'>K</a>, V&gt;</code></p>"

    assert markdown_of(body) == "`Map<`[`K`](https://docs.example/guide/K)`, V>`"


def test_a_link_around_blocks_leads_from_the_first():
    body = "<a href='x'><h3>Title</h3><p>Text</p></a>"

    assert markdown_of(body) == "### [Title](https://docs.example/guide/x)\n\nText"


@pytest.mark.parametrize(
    "mark",
    [
        "<a class='headerlink' href='#t'>¶</a>",
        "<a href='#t'>#</a>",
        "<a href='#t' aria-hidden='true'></a>",
        "<button>Copy</button>",
        "<a class='src' href='s.html'>source</a>",
    ],
)
def test_headings_keep_no_marks(mark):
    assert markdown_of(f"<h2 id='t'>Title{mark}</h2><p>x</p>") == "## Title\n\nx"


def test_headings_have_stable_anchors_and_ids_lead_to_them():
    document = document_of(
        "<p id='top'>x</p>"
        "<section id='s'><h1>The <code>Title()</code></h1><p id='p'>x</p></section>"
        "<h2 id='u'>Usage</h2><p><span id='deep'>x</span></p><h2>Usage</h2><a name='old'></a>"
    )

    assert [heading.anchor for heading in document.headings] == ["the-title", "usage", "usage-1"]
    assert document.headings[0].text == "The Title()"
    assert document.anchors == {
        "top": "",
        "s": "the-title",
        "p": "the-title",
        "u": "usage",
        "deep": "usage",
        "old": "usage-1",
    }


def test_code_is_verbatim_with_its_language_and_without_line_numbers():
    body = (
        "<div class='highlight-python3 notranslate'><div class='highlight'><pre><span></span>"
        "<span class='linenos'> 1</span><span class='k'>def</span> f():\n"
        "<span class='linenos'> 2</span>    return <span class='s'>'&lt;a&gt;'</span>\n</pre>"
        "</div></div>"
    )

    assert markdown_of(body) == "```python\ndef f():\n    return '<a>'\n```"


def test_a_fence_is_longer_than_any_in_the_code():
    assert markdown_of("<pre>```\nx\n```</pre>") == "````\n```\nx\n```\n````"


def test_prompts_stay_and_copy_buttons_go():
    body = "<pre><button>Copy</button><code class='language-console'>$ make\n</code></pre>"

    assert markdown_of(body) == "```console\n$ make\n```"


def test_line_numbers_in_a_table_beside_the_code_go():
    body = (
        "<table class='highlighttable'><tr><td class='linenos'><pre>1\n2</pre></td>"
        "<td class='code'><pre>a\nb</pre></td></tr></table>"
    )

    assert markdown_of(body) == "```\na\nb\n```"


def test_code_lines_of_their_own_elements_stay_lines():
    body = "<div class='fragment'><div class='line'>a</div><div class='line'>  b</div></div>"

    assert markdown_of(body) == "```\na\n  b\n```"


def test_lists_nest_and_count():
    body = "<ul><li>a<ol start='3'><li>b</li><li>c</li></ol></li><li><p>d</p></li></ul>"

    assert markdown_of(body) == "- a\n  3. b\n  4. c\n- d"


def test_lists_hold_code():
    body = "<ol><li><p>a</p><pre>x\n\ny</pre></li><li>b</li></ol>"

    assert markdown_of(body) == "1. a\n\n   ```\n   x\n\n   y\n   ```\n\n2. b"


def test_a_list_right_after_another_gets_another_marker():
    assert markdown_of("<ul><li>a</ul><ul><li>b</ul>") == "- a\n\n* b"


def test_definitions_right_after_a_list_are_no_items_of_it():
    assert markdown_of("<ul><li>a</ul><dl><dt>b<dd>c</dl>") == "- a\n\n* **b**\n\n  c"


def test_task_lists_keep_their_boxes():
    body = "<ul><li><input type=checkbox checked> a</li><li><input type=checkbox> b</li></ul>"

    assert markdown_of(body) == "- [x] a\n- [ ] b"


def test_terms_stand_bold_on_lines_of_their_own():
    body = "<dl><dt>a<dt>b<dd>c<dd><p>d</p><dt><code>e</code><dd>f</dl>"

    assert markdown_of(body) == "- **a**\n\n  **b**\n\n  c\n\n  d\n\n- **`e`**\n\n  f"


def test_signatures_are_code_without_links():
    body = (
        "<dl class='py function'><dt class='sig sig-object py' id='os.open'>"
        "<span class='sig-name'>open</span>(<em>path</em>) → <a href='int'>int</a>"
        "<a class='headerlink' href='#os.open'>¶</a></dt><dd><p>Text.</p></dd></dl>"
    )

    assert markdown_of(body) == "**`open(path) → int`**\n\nText."


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<div class='admonition note'><p class='admonition-title'>Note</p><p>x</p></div>", "NOTE"),
        ("<div class='warning'><h3 class='title'>Warning</h3><p>x</p></div>", "WARNING"),
        (
            "<div class='admonitionblock tip'><table><tr><td class='icon'><i class='fa icon-tip' "
            "title='Tip'></i></td><td class='content'>x</td></tr></table></div>",
            "TIP",
        ),
        ("<div class='theme-admonition theme-admonition-danger'><p>x</p></div>", "CAUTION"),
        (
            "<div class='custom-block tip'><p class='custom-block-title'>TIP</p><p>x</p></div>",
            "TIP",
        ),
        ("<aside class='starlight-aside starlight-aside--caution'><p>x</p></aside>", "CAUTION"),
        ("<div class='alert alert-warning'><p>x</p></div>", "WARNING"),
        ("<dl class='section note'><dt>Note</dt><dd>x</dd></dl>", "NOTE"),
        ("<div class='important'><p>x</p></div>", "IMPORTANT"),
    ],
)
def test_admonitions_become_alerts(body, kind):
    assert markdown_of(body) == f"> [!{kind}]\n> x"


def test_an_alert_keeps_a_title_of_its_own():
    body = "<details class='note'><summary>Why so?</summary><p>x</p></details>"

    assert markdown_of(body) == "> [!NOTE]\n> **Why so?**\n>\n> x"


def test_an_admonition_with_code_keeps_it():
    body = (
        "<div class='admonition note'><p class='admonition-title'>Note</p><pre>x\n\ny</pre></div>"
    )

    assert markdown_of(body) == "> [!NOTE]\n> ```\n> x\n>\n> y\n> ```"


def test_tabs_become_labelled_sections():
    body = (
        "<div><ul role='tablist'><li role='tab'>npm</li><li role='tab'>yarn</li></ul>"
        "<div role='tabpanel'><pre>npm i</pre></div>"
        "<div role='tabpanel' hidden><pre>yarn add</pre></div></div>"
    )

    assert markdown_of(body) == (
        "**npm**\n\n```bash\nnpm i\n```\n\n**yarn**\n\n```bash\nyarn add\n```"
    )


def test_labels_of_one_panel_for_several_tabs_are_left_out():
    body = (
        "<div role='tablist'><button role='tab' aria-controls='p'>All</button>"
        "<button role='tab' aria-controls='p'>Static</button></div>"
        "<div role='tabpanel' id='p'><p>x</p></div>"
    )

    assert markdown_of(body) == "x"


def test_details_become_a_labelled_section():
    assert markdown_of("<details><summary>More</summary><p>x</p></details>") == "**More**\n\nx"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p><span class='math notranslate'>\\(a_1\\)</span></p>", "$a_1$"),
        ("<div class='math'>\\[x^2\\]</div>", "$$\nx^2\n$$"),
        (
            "<p><math><semantics><mi>x</mi><annotation encoding='application/x-tex'>\\x[1]"
            "</annotation></semantics></math></p>",
            "$\\x[1]$",
        ),
        ("<p><img class='formulaInl' alt='$\\alpha$' src='f.png'></p>", "$\\alpha$"),
        ("<p><script type='math/tex'>a&lt;b</script></p>", "$a&lt;b$"),
        ("<p>x <math><mi>y</mi><mo>=</mo><mn>1</mn></math></p>", "x y=1"),
    ],
)
def test_formulas_become_tex(body, expected):
    assert markdown_of(body) == expected


def test_images_keep_their_alternative_text():
    document = document_of("<p><img src='a.png' alt='A [b]'></p>")

    assert document.images == (("https://docs.example/guide/a.png", "A [b]"),)
    assert document.markdown == "![A \\[b\\]](\ue000https://docs.example/guide/a.png\ue001)"


def test_a_linked_image_stays_linked():
    body = "<p><a href='big.png'><img src='a.png' alt='a'></a></p>"

    folder = "https://docs.example/guide"
    assert markdown_of(body) == f"[![a]({folder}/a.png)]({folder}/big.png)"


def test_a_quotation_that_only_indents_code_is_none():
    assert markdown_of("<blockquote><pre>x</pre></blockquote>") == "```\nx\n```"
    assert markdown_of("<blockquote><p>x</p></blockquote>") == "> x"


def test_no_html_is_left():
    body = "<custom-x><font><center>a</center></font></custom-x><svg><text>b</text></svg>"

    assert markdown_of(body) == "a"


def test_a_contents_list_of_the_page_itself_goes_and_one_of_other_pages_stays():
    own = "<div class='toc'><ul><li><a href='#a'>A</a><li><a href='#b'>B</a></ul></div>"
    other = "<div class='toc'><ul><li><a href='a.html'>A</a><li><a href='b.html'>B</a></ul></div>"

    assert markdown_of(own + "<p>x</p>") == "x"
    assert "[A](https://docs.example/guide/a.html)" in markdown_of(other + "<p>x</p>")


def test_a_contents_list_whose_lines_are_paragraphs_goes_unless_they_say_more():
    title = "<div class='contents topic'><p class='topic-title'>Contents</p>"
    lines = "".join(f"<li><p><a href='#s{n}'>Section {n}</a>{{0}}</p></li>" for n in range(3))
    more = " is about what every beginner has to know first."

    assert markdown_of(f"{title}<ul>{lines.format('')}</ul></div><p>x</p>") == "x"
    assert "beginner" in markdown_of(f"{title}<ul>{lines.format(more)}</ul></div><p>x</p>")


def test_ways_to_other_pages_at_the_edges_go():
    bar = "<p><a href='a'>Previous</a> | <a href='b'>Up</a> | <a href='c'>Next: More</a></p>"

    assert markdown_of(f"{bar}<hr><h1>T</h1><p>x</p>{bar}") == "# T\n\nx"


@pytest.mark.parametrize(
    ("reference", "note"),
    [
        (
            "<sup id='fnref:1'><a href='#fn:1' class='footnote-ref'>1</a></sup>",
            "<div class='footnotes'><hr><ol><li id='fn:1'><p>The note."
            "&#160;<a href='#fnref:1' class='footnote-backref'>↩</a></p></li></ol></div>",
        ),
        (
            "<a class='footnote-reference brackets' href='#id2' id='id1' role='doc-noteref'>"
            "<span class='fn-bracket'>[</span>1<span class='fn-bracket'>]</span></a>",
            "<aside class='footnote brackets' id='id2' role='doc-footnote'><span class='label'>"
            "<span class='fn-bracket'>[</span><a role='doc-backlink' href='#id1'>1</a>"
            "<span class='fn-bracket'>]</span></span><p>The note.</p></aside>",
        ),
        (
            "<a class='footnote-reference' href='#id2' id='id1'>[1]</a>",
            "<dl class='footnote brackets'><dt class='label' id='id2'><span class='brackets'>"
            "<a class='fn-backref' href='#id1'>1</a></span></dt><dd><p>The note.</p></dd></dl>",
        ),
        (
            "<a href='#ftn.x' class='footnote' name='x'><sup class='footnote'>[1]</sup></a>",
            "<div class='footnotes'><div id='ftn.x' class='footnote'><p><a href='#x' class='para'>"
            "<sup class='para'>[1] </sup></a>The note.</p></div></div>",
        ),
    ],
)
def test_footnotes_stay_footnotes(reference, note):
    markdown = markdown_of(f"<p>Text{reference} goes on.</p>{note}")

    assert markdown.replace("\n\n---", "") == "Text[^1] goes on.\n\n[^1]: The note."


def test_a_reference_without_its_footnote_stays_a_link():
    markdown = markdown_of("<p>Text<a href='#fn1'>1</a> goes on.</p>")

    assert markdown == "Text[1](https://docs.example/guide/page.html#fn1) goes on."
