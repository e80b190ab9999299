"""What the themes of today's generators put into a page, and what becomes of it."""

import pytest

from tests.support.pages import markdown_of


def test_the_tags_of_a_highlighter_are_no_badges():
    body = (
        "<pre class=language-jsx><code><span>  return </span><span class='token tag punctuation'>"
        "&lt;</span><span class='token tag'>h1</span><span class='token tag punctuation'>&gt;"
        "</span><span>Hi</span></code></pre><p>New<span class=badge>2.0</span></p>"
    )

    assert markdown_of(body) == "```jsx\n  return <h1>Hi\n```\n\nNew 2.0"


def test_tabs_in_a_tab_keep_their_own_labels():
    tab, panel = "<li role=tab>{}</li>", "<div role=tabpanel>{}</div>"
    inner = "<ul role=tablist>{}</ul>{}".format(
        tab.format("X") + tab.format("Y"), panel.format("<p>1</p>") + panel.format("<p>2</p>")
    )
    body = "<ul role=tablist>{}</ul>{}".format(
        tab.format("A") + tab.format("B"), panel.format(inner) + panel.format("<p>3</p>")
    )

    assert markdown_of(body) == "**A**\n\n**X**\n\n1\n\n**Y**\n\n2\n\n**B**\n\n3"


def test_a_panel_within_a_panel_takes_no_label_of_the_next():
    body = (
        "<div><button role=tab>A</button><button role=tab>B</button></div>"
        "<div role=tabpanel><div class=tab-pane><p>1</p></div></div>"
        "<div role=tabpanel><div class=tab-pane><p>2</p></div></div>"
    )

    assert markdown_of(body) == "**A**\n\n1\n\n**B**\n\n2"


def test_what_kind_a_term_is_stands_behind_it():
    body = "<dl><dt><strong>x</strong><span class=classifier>int</span></dt><dd><p>N.</p></dd></dl>"

    assert markdown_of(body) == "- **x : int**\n\n  N."


def test_what_a_card_says_does_not_run_into_its_title():
    body = "<div><a href='https://x.example/'>Buttons</a><span class='sl description'>All.</span>"

    assert markdown_of(body) == "[Buttons](https://x.example/) All."


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            "<div class='rp-callout rp-callout--tip'><div class=rp-callout__title>Tip</div>x</div>",
            "TIP",
        ),
        ("<div class='xy-admonition xy-admonition-warning'><p>x</p></div>", "WARNING"),
    ],
)
def test_a_themes_own_prefix_hides_no_admonition(block, expected):
    assert markdown_of(block) == f"> [!{expected}]\n> x"


def test_an_admonition_whose_title_is_in_its_class_is_one():
    body = (
        "<div class='admonition-my-title admonition'><p class=admonition-title>My title</p>"
        "<p>x</p></div>"
    )

    assert markdown_of(body) == "> [!NOTE]\n> **My title**\n>\n> x"


@pytest.mark.parametrize(
    "label",
    [
        "<div class=rp-codeblock__title>src/a.ts</div>",
        "<div class='x-code-block-title'>src/a.ts</div>",
        "<div class='x:flex'><svg></svg><span>src/a.ts</span><button title=Copy>C</button></div>",
    ],
)
def test_the_name_of_a_file_stands_out_before_its_code(label):
    body = f"<div>{label}<pre class=language-ts>x</pre></div>"

    assert markdown_of(body) == "**src/a.ts**\n\n```typescript\nx\n```"


def test_a_paragraph_before_code_is_no_label():
    assert markdown_of("<p>See a.ts now</p><pre>x</pre>") == "See a.ts now\n\n```\nx\n```"


def test_the_title_of_a_card_stands_out():
    body = "<article class=card><p class='title flex'><svg></svg>Moons</p><div>Io</div></article>"

    assert markdown_of(body) == "**Moons**\n\nIo"


def test_a_button_that_unfolds_an_answer_is_its_label():
    body = (
        "<div><h3><button type=button aria-expanded=false aria-controls=a>What is it?</button></h3>"
        "<div id=a role=region>A thing.</div></div>"
        "<div><button aria-expanded=false>Why so?</button><div>So.</div></div>"
    )

    assert markdown_of(body) == "### What is it?\n\nA thing.\n\n**Why so?**\n\nSo."


@pytest.mark.parametrize(
    "button",
    [
        "<button>Copy</button>",
        "<button aria-expanded=false>Show child attributes</button>",
        "<button aria-expanded=false aria-haspopup=menu>Open in an editor</button>",
        "<button title='Copy the code'>Copy it for me</button>",
        "<button aria-expanded=true class=sr-only>The menu</button>",
    ],
)
def test_buttons_that_operate_a_page_are_no_text(button):
    body = f"<h2>T{button}</h2><p>x</p>{button}<ul><li>{button}a</li></ul><pre>{button}b</pre>"

    assert markdown_of(body) == "## T\n\nx\n\n- a\n\n```\nb\n```"


def test_folders_of_a_tree_of_files_keep_their_names():
    body = (
        "<ul><li><button>app</button><ul><li>page.jsx</li></ul></li><li>next.config.mjs</li></ul>"
    )

    assert markdown_of(body) == "- app\n  - page.jsx\n- next.config.mjs"


def test_links_side_by_side_stay_apart():
    body = (
        "<p><a href='https://a.example/'>A b</a><a href='https://c.example/'>C</a></p>"
        "<p><code><a href='https://a.example/'>x</a><a href='https://c.example/'>::y</a></code></p>"
    )

    assert markdown_of(body) == (
        "[A b](https://a.example/) [C](https://c.example/)\n\n"
        "[`x`](https://a.example/)[`::y`](https://c.example/)"
    )


def test_what_only_paper_shows_is_left_out():
    body = "<main><div class=onlyprint><h1>T</h1><h2>Contents</h2></div><h1>T</h1><p>x</p></main>"

    assert markdown_of(body) == "# T\n\nx"


def test_a_heading_of_contents_that_were_left_out_goes_with_them():
    body = (
        "<main><h2>Contents</h2><nav><ul><li><a href='#a'>A</a></ul></nav><h1 id=a>A</h1><p>x</p>"
        "<h2>Contents</h2><p>of the box</p></main>"
    )

    assert markdown_of(body) == "# A\n\nx\n\n## Contents\n\nof the box"


def test_a_heading_that_nobody_sees_is_none():
    body = "<div role=tabpanel><h3 id=npm style='visibility:hidden;width:0'>npm</h3><p>x</p></div>"

    assert markdown_of(body) == "x"


@pytest.mark.parametrize(
    ("tab", "panel"),
    [
        (
            "<div class='rp-tabs__label__item rp-tabs__label__item--on'>{}</div>",
            "tabs__content__item",
        ),
        ("<button class=tablinks onclick='show()'>{}</button>", "tabcontent"),
    ],
)
def test_tabs_without_roles_are_known_by_their_names(tab, panel):
    body = (
        f"<div class=tabs>{tab.format('A')}{tab.format('B')}</div>"
        f"<div class='{panel}'><p>1</p></div><div class='{panel}'><p>2</p></div>"
    )

    assert markdown_of(body) == "**A**\n\n1\n\n**B**\n\n2"


def test_the_title_comes_before_what_a_page_says_above_it():
    body = "<main><div class='tip custom-block'><p>x</p></div><h1>T</h1><p>y</p><h2>A</h2></main>"

    assert markdown_of(body) == "# T\n\n> [!TIP]\n> x\n\ny\n\n## A"


def test_a_title_far_down_a_page_stays_there():
    body = "<main><p>a</p><p>b</p><p>c</p><p>d</p><h1>T</h1><p>e</p></main>"

    assert markdown_of(body) == "a\n\nb\n\nc\n\nd\n\n# T\n\ne"


@pytest.mark.parametrize(
    ("block", "language"),
    [
        (
            "<div class='code-block-background'><pre><code language=bash>x</code></pre></div>",
            "bash",
        ),
        ("<div class=code-group><pre>x</pre></div>", ""),
        ("<div class='code-python'><pre>x</pre></div>", "python"),
    ],
)
def test_parts_of_a_block_of_code_are_no_languages(block, language):
    assert markdown_of(block) == f"```{language}\nx\n```"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            "<div class=callout data-callout-type=warning><div><p>x</p></div></div>",
            "> [!WARNING]\n> x",
        ),
        ("<div class='hint bg-warning'><p>x</p></div>", "> [!WARNING]\n> x"),
        ("<div class=hint><p>x</p></div>", "> [!TIP]\n> x"),
        (
            "<div style='--callout-color:var(--color-fd-error, red)'><p>x</p></div>",
            "> [!CAUTION]\n> x",
        ),
        (
            "<blockquote class='callout callout_warn'><h3 class=callout-heading><span>🚧</span>"
            "<p>Mind it</p></h3><p>x</p></blockquote>",
            "> [!WARNING]\n> **Mind it**\n>\n> x",
        ),
        (
            "<blockquote class='callout callout_info'><h3 class=callout-heading><span>📘</span>"
            "</h3><p>x</p></blockquote>",
            "> [!NOTE]\n> x",
        ),
    ],
)
def test_kinds_and_titles_of_admonitions_are_told_in_many_ways(block, expected):
    assert markdown_of(block) == expected


def test_a_bar_of_buttons_over_code_labels_the_blocks():
    body = (
        "<div class=CodeTabs><div class=CodeTabs-toolbar><button value=js>Node</button>"
        "<button>cURL</button></div><div class=CodeTabs-inner><pre data-lang=js>a</pre>"
        "<pre data-lang=sh>b</pre></div></div>"
    )

    assert markdown_of(body) == "**Node**\n\n```javascript\na\n```\n\n**cURL**\n\n```bash\nb\n```"


def test_markers_that_a_page_draws_itself_are_left_out():
    body = (
        "<ol><li><div>1.</div><div><p>a</p></div></li><li><div>2.</div><div><p>b</p></div></li></ol>"
        "<ul><li><div>•</div><div><p>c</p></div></li></ul><ul><li>2024</li></ul>"
    )

    assert markdown_of(body) == "1. a\n2. b\n\n- c\n\n* 2024"


def test_what_a_page_says_of_a_parameter_stands_in_a_line():
    body = (
        "<div class=param-head><div>user</div><div><span>string</span></div><div>required</div>"
        "</div><p>Who it is.</p>"
    )

    assert markdown_of(body) == "**user** string required\n\nWho it is."


@pytest.mark.parametrize(
    "foot",
    [
        "<p>Was this page helpful?</p>",
        "<p>Did this page help you?</p><p>Last updated 2 days ago</p>",
        "<div>Updated about a month ago</div>",
        "<a href=a><span>Previous</span><b>A</b></a><a href=b><span>Next</span><b>B</b></a>",
        "<a href=a>Previous: Setting up</a><a href=b>Next: Running</a>",
    ],
)
def test_what_stands_at_the_foot_of_a_page_is_left_out(foot):
    assert markdown_of(f"<main><h1>T</h1><p>x</p><div>{foot}</div></main>") == "# T\n\nx"


@pytest.mark.parametrize("last", ["[Next steps](https://a.example/)", "Is this useful in winter?"])
def test_what_a_page_ends_with_stays(last):
    html = last if last[0] != "[" else "<a href='https://a.example/'>Next steps</a>"

    assert markdown_of(f"<main><h1>T</h1><p>x</p><p>{html}</p></main>") == f"# T\n\nx\n\n{last}"


def test_lists_that_go_on_are_one():
    body = (
        "<ol><li>a</li></ol><ol start=2><li>b</li></ol><ol start=3><li>c</li></ol>"
        "<p>x</p><ol start=4><li>d</li></ol><ol><li>e</li></ol>"
    )

    assert markdown_of(body) == "1. a\n2. b\n3. c\n\nx\n\n4. d\n\n1) e"


def test_boxes_that_are_drawn_are_checked_or_not():
    body = (
        "<ul><li><div class='checkbox checkbox-on'></div> <span>a</span></li>"
        "<li><div class='checkbox checkbox-off'></div> <span>b</span></li></ul>"
    )

    assert markdown_of(body) == "- [x] a\n- [ ] b"


@pytest.mark.parametrize(
    ("block", "kind"),
    [
        ("<aside class=notice>x</aside>", "NOTE"),
        ("<aside class=success>x</aside>", "TIP"),
        ("<figure class='gray callout'><div>x</div></figure>", "NOTE"),
    ],
)
def test_asides_and_figures_may_be_admonitions(block, kind):
    assert markdown_of(block) == f"> [!{kind}]\n> x"


def test_a_figure_with_a_note_of_its_source_is_none():
    assert markdown_of("<figure class=image><img src=a.png alt=A><p>x</p></figure>").endswith(
        "\n\nx"
    )


@pytest.mark.parametrize(
    "title",
    [
        "<div class='callout-header'><div class='callout-title-container flex-fill'>"
        "<span class=screen-reader-only>Tip</span>Mind it</div></div>",
        "<div><div class='my-admonition-header-text'>Mind it</div></div>",
    ],
)
def test_titles_of_admonitions_are_known_by_how_their_names_end(title):
    body = f"<div class='callout callout-tip'>{title}<div><p>x</p></div></div>"

    assert markdown_of(body) == "> [!TIP]\n> **Mind it**\n>\n> x"


def test_a_block_that_only_names_a_file_is_a_label():
    body = (
        "<div class=code-with-filename><div class=code-with-filename-file><pre><b>app.py</b></pre>"
        "</div><div><pre class='sourceCode python'>x</pre></div></div>"
    )

    assert markdown_of(body) == "**app.py**\n\n```python\nx\n```"


def test_the_number_of_a_heading_stands_apart():
    assert markdown_of("<h2><span class=n>1.2</span><span>One</span></h2>") == "## 1.2 One"


def test_what_is_called_a_title_and_holds_blocks_is_none():
    assert markdown_of("<div class=title><p>a</p><ul><li>b</li></ul></div>") == "a\n\n- b"


def test_a_symbol_in_the_type_of_code_is_a_signature():
    body = (
        "<div class='symbol monospace'><span class='token keyword'>fun </span><a href=a>get</a>()"
    )

    assert markdown_of(body) == "**`fun get()`**"


def test_the_fold_over_the_code_of_a_notebook_says_nothing():
    body = (
        "<details class=hide><summary><span class=collapsed>Show code cell source</span>"
        "<span class=expanded>Hide code cell source</span></summary><div class=highlight-ipython3>"
        "<pre>df</pre></div></details><div class='highlight-myst-ansi'><pre>42</pre></div>"
    )

    assert markdown_of(body) == "```python\ndf\n```\n\n```\n42\n```"


def test_a_card_leads_from_its_title_not_from_its_icon():
    body = (
        "<a href='https://a.example/'><div><div class=picture>🚀</div><h2>Fast</h2><p>x</p>"
        "</div></a><div>🚀</div><h2>Slow</h2>"
    )

    assert markdown_of(body) == "## [Fast](https://a.example/)\n\nx\n\n🚀\n\n## Slow"


def test_the_way_to_a_page_above_its_title_is_left_out():
    body = (
        "<main><div><a href=/docs>Docs</a> / <a href=/docs/a>A</a></div>"
        "<p><a href=ci><img src=b.png alt=Build></a></p><h1>T</h1><p>x</p></main>"
    )

    lines = markdown_of(body).split("\n\n")
    assert [line[:9] for line in lines] == ["# T", "[![Build]", "x"]


def test_an_aside_says_its_kind_behind_its_name():
    body = "<div class='aside aside-tip'><p class=aside-title>Try it</p><p>x</p></div>"

    assert markdown_of(body) == "> [!TIP]\n> **Try it**\n>\n> x"


@pytest.mark.parametrize(
    "number",
    [
        '<div class="prompt input_prompt">In&nbsp;[1]:</div>',
        '<div class="jp-InputPrompt jp-InputArea-prompt">In&nbsp;[1]:</div>',
        '<div class="jp-OutputPrompt jp-OutputArea-prompt">Out[1]:</div>',
        '<div class="prompt highlight-none notranslate"><div class="highlight"><pre>[ ]: </pre>'
        "</div></div>",
    ],
)
def test_what_numbers_the_cells_of_a_notebook_is_left_out(number: str) -> None:
    cell = '<div class="highlight-ipython3"><div class="highlight"><pre>x = 1</pre></div></div>'
    assert markdown_of(f"<div>{number}{cell}</div>") == "```python\nx = 1\n```"
