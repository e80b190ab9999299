"""What the themes of today's generators put into a page, and what becomes of it."""

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
