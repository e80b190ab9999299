"""What pages of hosted documentation carry besides their content, and what becomes of it."""

import pytest
from docgen.extract import convert

from tests.support.pages import a_page, document_of, markdown_of

URL = "https://docs.example/page.html"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<div class='vendordocs-note vendordocs-important'><div class='vendordocs-note-title'>"
            "<v-icon></v-icon><h6>Important</h6></div><div><p>Never.</p></div></div>",
            "> [!IMPORTANT]\n> Never.",
        ),
        (
            "<aside class='x-docs-warning'><p>Warning:</p><p>Hot.</p></aside>",
            "> [!WARNING]\n> Hot.",
        ),
        ("<div class='release-note'><p>Faster.</p></div>", "Faster."),
        ("<div class='text-warning'><h3>Limits</h3><p>Few.</p></div>", "### Limits\n\nFew."),
    ],
)
def test_what_begins_with_the_name_of_an_admonition_and_is_called_so_is_one(html, markdown):
    assert markdown_of(html) == markdown


@pytest.mark.parametrize(
    "title",
    [
        "<header class=admonition-header>Mind it<a title=Permalink href=#x></a></header>",
        "<div class=box-label><i class='fa-fw fas'></i> Mind it</div>",
    ],
)
def test_the_first_thing_in_an_admonition_may_be_its_title(title):
    body = f"<div class='admonition is-warning'>{title}<div><p>x</p></div></div>"

    assert markdown_of(body) == "> [!WARNING]\n> **Mind it**\n>\n> x"


def test_a_quotation_may_be_an_admonition_that_begins_with_its_title():
    body = "<blockquote class=note-title><p>Mind it</p><p>x</p></blockquote>"

    assert markdown_of(body) == "> [!NOTE]\n> **Mind it**\n>\n> x"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<x-fold header='Step 1: a &lt;b&gt;'><p>Do.</p></x-fold>", "**Step 1: a \\<b>**\n\nDo."),
        ("<x-fold summary='More'><p>Do.</p></x-fold>", "**More**\n\nDo."),
        ("<x-layout header='true'><p>Do.</p></x-layout>", "Do."),
    ],
)
def test_elements_of_scripts_keep_the_heading_in_their_start_tag(html, markdown):
    assert markdown_of(html) == markdown


@pytest.mark.parametrize(
    "html",
    [
        "<div data-bi=x hidden><p>Access to this page requires authorization.</p></div>",
        "<h2 id=more class=title hidden>Additional resources</h2>",
        "<a hidden href=#>Read in English</a>",
        "<div class=print-hidden><p>Share</p></div>",
        "<div class='mb-4 print:hidden'><p>Share</p></div>",
        "<div class=d-print-none><h2>Feedback</h2><p>Was this helpful?</p></div>",
        "<aside class='docs-column docs-sidebar'><h2>Packages</h2><p>App</p></aside>",
        "<small class=dont-index>Source: <a href='s.md'><code>s.md</code></a></small>",
    ],
)
def test_what_is_hidden_or_not_printed_is_left_out(html):
    assert markdown_of(f"<p>a</p>{html}<p>b</p>") == "a\n\nb"


@pytest.mark.parametrize(
    "html",
    [
        "<div id=answer hidden><p>x</p></div>",
        "<div class=answer hidden><p>x</p></div>",
        "<div data-tab=b hidden><p>x</p></div>",
        "<div hidden=until-found><p>x</p></div>",
        "<aside class=sidebar><p>x</p></aside>",
        "<section class=has-sidebar><p>x</p></section>",
    ],
)
def test_what_a_script_may_show_is_kept(html):
    assert markdown_of(html) == "x"


def test_tabs_may_be_told_by_what_they_show():
    body = (
        "<div class=tab-panel><div class=tab-nav><button class='tab-nav-button btn'"
        " data-tab-item=go><span>Go</span></button><button class='tab-nav-button btn'"
        " data-tab-item=c><span>C</span></button></div><div class=tab-content-container>"
        "<div data-tab-item=go class=tab-content><p>1</p></div>"
        "<div data-tab-item=c class=tab-content><p>2</p></div></div></div>"
    )

    assert markdown_of(body) == "**Go**\n\n1\n\n**C**\n\n2"


@pytest.mark.parametrize(
    "html",
    [
        "<details><summary>Table of contents</summary><ol id=markdown-toc>{}</ol></details>",
        "<div class=highlights><h6>Topics</h6><ul>{}</ul></div>",
    ],
)
def test_the_contents_of_a_page_are_left_out_with_their_label(html):
    lines = "<li><a href=#a>First</a></li><li><a href=#b>Second</a></li>"
    body = f"<p>x</p>{html.format(lines)}<h2 id=a>First</h2><p>1</p><h2 id=b>Second</h2><p>2</p>"

    assert markdown_of(body) == "x\n\n## First\n\n1\n\n## Second\n\n2"


@pytest.mark.parametrize(
    ("label", "kept"),
    [("PowerShell", False), ("Shell", True), ("Run this", True), ("<b>PowerShell</b>", True)],
)
def test_what_only_names_the_language_of_code_is_left_out(label, kept):
    body = (
        f"<div class=code-header><span class=language>{label}</span><button>Copy</button></div>"
        "<pre><code class=lang-powershell>Get-Plan</code></pre>"
    )

    assert markdown_of(body).startswith("```powershell") is not kept


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("file/src/a.js.html#lineNumber33", False),
        ("https://git.example/o/blob/abc/src/o.jl#L12-L20", False),
        ("guide.html#source", True),
    ],
)
def test_links_to_a_line_of_the_source_are_no_content(href, kept):
    assert ("source" in markdown_of(f"<h3>grid() <a href='{href}'>source</a></h3><p>x</p>")) is kept


@pytest.mark.parametrize(
    "note",
    [
        "<ol><li id=fn1><p>The note.<a href='page.html#fnref1' class=footnote-back>↩︎</a></p></ol>",
        "<ul><li class=footnote id=fn1><a class='tag is-link' href=#citeref-1>1</a>The note.</ul>",
        "<div class=footnotes><div class=fn><sup><a href=#fnt__1 id=fn1 class=fn_bot>1)</a></sup>"
        " <div class=content>The note.</div></div></div>",
    ],
)
def test_footnotes_do_not_lead_back(note):
    body = f"<p>Text<sup><a id=fnref1 class=footnote-ref href=#fn1>1</a></sup></p>{note}"

    assert document_of(body, url=URL).markdown == "Text[^1]\n\n[^1]: The note."


@pytest.mark.parametrize(
    ("end", "headings"),
    [
        ("<h2>Feedback</h2><p>Was this page helpful?</p>", ["T", "Last"]),
        ("<hr><h2>Was this article helpful?</h2><hr><h2>Additional resources</h2>", ["T", "Last"]),
        ("<h2>Feedback</h2><p>The pump feeds back.</p>", ["T", "Last", "Feedback"]),
        ("<h2>Changes</h2><p>Last updated on 2 May 2024</p>", ["T", "Last", "Changes"]),
    ],
)
def test_a_heading_goes_with_the_question_under_it(end, headings):
    document = document_of(f"<h1>T</h1><p>x</p><h2>Last</h2><p>y</p>{end}")

    assert [heading.text for heading in document.headings] == headings
    assert document.markdown.count("#") == sum(map(len, ["#", "##", "##"][: len(headings)]))


def test_what_leads_on_below_the_date_of_a_page_is_left_out():
    body = (
        "<h1>T</h1><p>x</p><div>Last updated on <time>May 3, 2024</time></div>"
        "<div><a href=a.html>Usage</a><a href=b.html>Limits</a></div>"
    )

    assert markdown_of(body) == "# T\n\nx"


def test_the_title_is_not_said_again_above_itself():
    body = "<div><a href=/docs>Docs</a></div><div>Install</div><h1>Install</h1><p>x</p>"

    assert markdown_of(body) == "# Install\n\nx"


def test_links_that_fold_with_a_sign_are_no_content():
    assert markdown_of("<p>x</p><div><a href='#'>Expand ▾</a></div>") == "x"


def test_where_a_reader_has_been_is_no_way_to_the_page():
    trace = "<div class=breadcrumbs><span>Trace:</span> <span>•</span> <a href=a>a</a></div>"
    way = "<nav aria-label=Breadcrumb><ol><li><a href=/>Docs</a><li>T</ol></nav>"

    assert document_of(f"{trace}<main><h1>T</h1><p>x</p></main>").breadcrumbs == ()
    assert document_of(f"{way}<main><h1>T</h1><p>x</p></main>").breadcrumbs == ("Docs",)


def test_a_page_may_say_when_it_was_updated_in_other_words():
    page = a_page("<p>x</p>", head="<meta name=updated_at content=2025-03-04T18:08:00Z>")

    assert convert(page, URL).modified == "2025-03-04T18:08:00Z"


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<pre class='brush: js-nolint notranslate'><code>x</code></pre>", "javascript"),
        ("<pre lang=mermaid><code>graph TD</code></pre>", "mermaid"),
        ("<pre lang=de><code>Hallo</code></pre>", ""),
        ("<pre><code>@spec pick(t) :: :ok</code></pre>", "elixir"),
        ("<pre><code class=language-gql>{ a }</code></pre>", "graphql"),
        ("<figure><figcaption>app/main.tsx</figcaption><pre><code>x</code></pre></figure>", "tsx"),
        ("<p>settings.yml</p><pre><code>x</code></pre>", "yaml"),
        ("<p>notes.txt</p><pre><code>x</code></pre>", ""),
        ("<p>main.c</p><pre><code class=language-ini>x</code></pre>", "ini"),
    ],
)
def test_the_language_of_code_may_be_told_by_what_surrounds_it(html, language):
    assert f"```{language}\n" in markdown_of(html)


def test_cards_with_a_note_are_admonitions():
    body = "<div class='notecard deprecated'><p>Old.</p></div>"

    assert markdown_of(body) == "> [!WARNING]\n> Old."


def test_information_with_the_title_of_a_page_is_no_admonition():
    body = "<div class=info><hgroup><h2>The API</h2></hgroup><p>x</p></div><h3>Plans</h3><p>y</p>"

    assert markdown_of(body) == "## The API\n\nx\n\n### Plans\n\ny"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>So <span>$x^2$</span> is</p>", "So $x^2$ is"),
        ("<p>So <math-renderer class=js>$x^2$</math-renderer> is</p>", "So $x^2$ is"),
        ("<p>So <span>$5 to 6$</span><span>$</span> is</p>", "So $5 to 6$\\$ is"),
        ("<p>So <span>$ 5 to 6 $</span> is</p>", "So \\$ 5 to 6 \\$ is"),
    ],
)
def test_elements_that_are_formulas_need_no_script(html, markdown):
    assert markdown_of(html) == markdown


def test_a_sign_that_leads_nowhere_is_no_content():
    assert markdown_of("<p>x <a href=# title='It panics'>ⓘ</a></p>") == "x"


def test_the_way_to_a_page_may_end_with_its_title():
    body = "<div><a href=/docs>Docs</a><span>Install</span></div><h1>Install</h1><p>x</p>"

    assert markdown_of(body) == "# Install\n\nx"


def test_the_part_that_a_page_belongs_to_does_not_stand_above_its_title():
    body = "<div data-slot=headline>Start</div><h1 data-slot=title>Install</h1><p>x</p>"

    assert markdown_of(body) == "# Install\n\nx"


def test_a_page_is_no_part_of_the_way_to_it():
    way = "<nav aria-label=Breadcrumb><ol><li><a href=/>Docs</a><li><a aria-current=page>f()</a>"

    assert document_of(f"{way}</ol></nav><h1>Plan.f()</h1>").breadcrumbs == ("Docs",)


def test_items_that_are_the_labels_of_panels_are_tabs():
    body = (
        "<div class=tablist><ul><li id=j class=tab><p>Java</p></li><li id=k class=tab><p>Kotlin"
        "</p></li></ul></div><div id=j--panel class=tabpanel aria-labelledby=j><p>1</p></div>"
        "<div id=k--panel class='tabpanel is-hidden' hidden aria-labelledby=k><p>2</p></div>"
    )

    assert markdown_of(body) == "**Java**\n\n1\n\n**Kotlin**\n\n2"


def test_items_that_show_something_themselves_are_no_labels():
    menu = "<ul><li class=tab><a href=a.html>A</a></li><li class=tab><a href=b.html>B</a></li></ul>"
    item = "<li class=tab><h3>A</h3><div class=tab-content><p>1</p><p>2</p></div></li>"

    assert markdown_of(menu).count("\n- [") == 1
    assert markdown_of(f"<ul>{item * 2}</ul>").count("### A\n\n1\n\n2") == 2


def test_the_titles_of_topics_are_headings():
    body = (
        "<div class='CTopic TClass'><div class=CTitle>Plan</div><div class=NDPrototype><div>"
        "<span>class</span> Plan</div></div><div class=CBody><p>x</p></div></div>"
    )

    assert markdown_of(body) == "## Plan\n\n**`class Plan`**\n\nx"


def test_where_in_the_source_a_function_stands_is_no_part_of_its_heading():
    body = "<h3><div class=location><a href='o.php#L30'>at line 30</a></div>pick()</h3><p>x</p>"

    assert markdown_of(body) == "### pick()\n\nx"


INTRODUCTION = "<h1>Basics</h1><p>{}</p>".format("This guide is an introduction to it. " * 3)


@pytest.mark.parametrize(
    ("above", "is_kept"),
    [
        (f"<section><div>{INTRODUCTION}</div></section>", True),
        (f"<header>{INTRODUCTION}</header>", False),
        (f"<div role=banner>{INTRODUCTION}</div>", False),
        ("<div><h1>The site</h1><p>Welcome</p></div>", False),
    ],
)
def test_an_introduction_with_the_title_above_the_main_part_belongs_to_it(above, is_kept):
    main = "<main><div><h2>First</h2><p>{}</p></div></main>".format("All that is to say. " * 20)

    assert markdown_of(f"<div>{above}{main}</div>").startswith("# Basics\n\nThis") is is_kept


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<x-alert class='admonition note' state=info><div class=admonition_header slot=header>"
            "Mind it</div><div><p>x</p></div></x-alert>",
            "> [!NOTE]\n> **Mind it**\n>\n> x",
        ),
        ("<x-callout type=warning><p>x</p></x-callout>", "> [!WARNING]\n> x"),
        ("<x-tip><p>x</p></x-tip>", "> [!TIP]\n> x"),
        ("<aside class=special><b>Important:</b> x</aside>", "> [!IMPORTANT]\n> x"),
        ("<aside class=special><b>Plums:</b> x</aside>", "**Plums:** x"),
        ("<h2>T <x-button class=go>Copy link</x-button></h2><p>x</p>", "## T\n\nx"),
        ("<h2>T <x-tools hidden><b>Save it</b></x-tools></h2><p>x</p>", "## T\n\nx"),
        (
            "<x-tabs><x-tab>A</x-tab><x-tab-panel><p>1</p></x-tab-panel></x-tabs>",
            "**A**\n\n1",
        ),
        ("<x-tab><h3>A</h3><p>1</p><p>2</p><p>3</p></x-tab>", "### A\n\n1\n\n2\n\n3"),
    ],
)
def test_elements_of_scripts_are_what_their_names_say(html, markdown):
    assert markdown_of(html) == markdown


def test_what_is_beside_something_may_be_a_part_with_a_heading():
    body = "<div class=seealso><h3 class=title>See Also</h3><ul><li>b()</li></ul></div>"
    note = "<div class=seealso><p>b()</p></div><h2>Next</h2>"

    assert markdown_of(body) == "### See Also\n\n- b()"
    assert markdown_of(note) == "> [!NOTE]\n> b()\n\n## Next"


def test_code_that_php_has_highlighted_is_a_block():
    code = '<code><span style="color: #000000"><span>&lt;?php<br /></span>$a&nbsp;=&nbsp;1;'
    body = f"<p>x</p><div class=phpcode>{code}<br />?&gt;</span></code></div>"
    line = '<p>So <code><span style="color: #000000">$a</span></code> is</p>'

    assert markdown_of(body) == "x\n\n```php\n<?php\n$a = 1;\n?>\n```"
    assert markdown_of(line) == "So `$a` is"


def test_code_may_name_its_syntax():
    assert markdown_of("<pre syntax=Python><code>x</code></pre>") == "```python\nx\n```"


def test_what_search_engines_are_told_to_pass_over_is_no_content():
    assert markdown_of("<p>x</p><x-foot class=nocontent><p>Licence</p></x-foot>") == "x"


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<div class=code-block data-lang=kotlin id=c1>\nfun main() {\n"
            "    print(&quot;a&quot;)\n}\n</div>",
            '```kotlin\nfun main() {\n    print("a")\n}\n```',
        ),
        (
            "<div class=code-block data-lang=bash data-title=Console>\n      brew a\n    </div>",
            "**Console**\n\n```bash\nbrew a\n```",
        ),
        (
            "<div class=code-block data-lang=kotlin><button>Copy</button><pre>a  b</pre></div>",
            "```kotlin\na  b\n```",
        ),
        ("<aside class=prompt data-type=warning><p>x</p></aside>", "> [!WARNING]\n> x"),
        (
            "<div class=tabs><div class=tabs__content data-title=Gradle><p>1</p></div>"
            "<div class=tabs__content data-title=Maven><p>2</p></div></div>",
            "**Gradle**\n\n1\n\n**Maven**\n\n2",
        ),
    ],
)
def test_code_tabs_and_prompts_may_be_told_by_data(html, markdown):
    assert markdown_of(html) == markdown
