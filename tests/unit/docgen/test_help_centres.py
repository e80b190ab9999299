"""What help centres and manuals on the web carry besides their content."""

import pytest

from tests.support.pages import markdown_of


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<section class=warningBox><div class=title>Mind it</div><div class=content>x</div>"
            "</section>",
            "> [!WARNING]\n> **Mind it**\n>\n> x",
        ),
        ("<div class='info-box wide'><p>x</p></div>", "> [!NOTE]\n> x"),
        ("<div class=infobox><p>x</p></div>", "x"),
    ],
)
def test_boxes_are_admonitions(html, markdown):
    assert markdown_of(html) == markdown


def test_headings_of_what_scripts_fetch_do_not_end_a_page():
    end = "<h5>Was this article helpful?</h5><div><h3>Related articles</h3></div>"

    assert markdown_of(f"<h1>T</h1><p>x</p>{end}") == "# T\n\nx"


def test_what_unfolds_over_a_word_is_no_part_of_the_sentence():
    word = (
        "<span class=tooltip><strong>term</strong><span class=tooltiptext>What it is."
        "<br><span class=more>See <a href=g>Glossary</a></span></span></span>"
    )

    assert markdown_of(f"<p>A {word}, and more.</p>") == "A **term**, and more."


def test_the_ways_on_with_their_hints_are_no_tips():
    ways = "<div class='nextprev clear'><div class=icon><a href=a></a><div class=tip>A</div></div>"

    assert markdown_of(f"{ways}</div><h1>T</h1><p>x</p>") == "# T\n\nx"


def test_an_icon_that_leads_to_an_editor_is_no_content():
    body = "<h1>T</h1><a href=https://g.example/o/edit/main/x.md title='Edit'><i>edit</i></a><p>x"

    assert markdown_of(body) == "# T\n\nx"


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<h3>user.ts</h3><pre>x</pre>", "typescript"),
        ("<pre>using UnityEngine;\n\nclass A {}</pre>", "csharp"),
        ("<pre>using namespace std;</pre>", ""),
    ],
)
def test_languages_are_told_by_files_and_what_they_use(html, language):
    assert f"```{language}\n" in markdown_of(html)


def test_what_is_said_of_a_step_is_no_note():
    step = "<li><span class=cmd>Open it.</span><div class='itemgroup info'><p>It is blue.</p></div>"

    assert markdown_of(f"<ol>{step}</ol>") == "1. Open it.\n\n   It is blue."


def test_a_link_that_only_unfolds_is_a_label():
    head = "<span><a href=# aria-expanded=true><img class=MCDropDown_Image_Icon>Why</a></span>"

    assert markdown_of(f"<div>{head}<div><p>x</p></div></div>") == "Why\n\nx"


def test_tabs_of_code_name_its_language():
    tab = "<div class=codeSnippetContainerTab><a href=#>{}</a></div>"
    code = "<div class=codeSnippetContainerCode><pre>{}</pre></div>"
    body = f"<div>{tab.format('C#')}{tab.format('VB')}</div>{code.format('a')}{code.format('b')}"

    assert markdown_of(body) == "**C#**\n\n```csharp\na\n```\n\n**VB**\n\n```vb\nb\n```"


def test_prompts_in_code_tell_more_than_its_label():
    body = "<details><summary>Bash</summary><pre>$ ls -l\na</pre></details>"

    assert "```console\n" in markdown_of(body)


@pytest.mark.parametrize("label", ["Make", "Output", "Step 1"])
def test_labels_that_may_say_something_else_name_no_language(label):
    assert "```\n" in markdown_of(f"<details><summary>{label}</summary><pre>x</pre></details>")


def test_a_division_may_be_the_title_of_what_it_unfolds():
    head = "<span class=collapsibleRegionTitle><img class=collapseToggle src=i.png>Methods</span>"

    assert (
        markdown_of(f"<div class=collapsibleAreaRegion>{head}</div><p>x</p>") == "## Methods\n\nx"
    )


@pytest.mark.parametrize(
    ("line", "markdown"),
    [
        ("1.2.0 · <a class=src href=../src/a.rs.html#1>Source</a>", "# T\n\n1.2.0\n\nx"),
        ("<a class=src href=../src/a.html#1>Source</a> · [<span>+</span>]", "# T\n\nx"),
        ("one · two", "# T\n\none · two\n\nx"),
        ("|a| is |b|", "# T\n\n\\|a| is |b|\n\nx"),
    ],
)
def test_what_stood_between_tools_beside_the_title_goes_with_them(line, markdown):
    assert markdown_of(f"<h1>T</h1><div>{line}</div><p>x</p>") == markdown
