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
