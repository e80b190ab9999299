import pytest
from docgen.extract import convert
from docgen.metadata import choose_title

from tests.support.pages import URL, a_model, a_page

TOPICS = ["apples", "bears", "cats", "dogs", "eggs", "figs", "goats", "hats"]


def a_site(template: str) -> list[str]:
    return [a_page(template.replace("TOPIC", topic)) for topic in TOPICS]


def pages_through_their_model(template: str) -> list[str]:
    pages = a_site(template)
    model = a_model(pages)
    return [convert(page, URL, model).markdown for page in pages]


CONTENT = "<h1>TOPIC</h1><p>All about TOPIC, and how TOPIC are kept by those who keep TOPIC.</p>"
MENU = "".join(f"<li><a href='{topic}.html'>{topic.title()} and more</a></li>" for topic in TOPICS)


def test_what_repeats_around_the_content_goes():
    template = (
        "<div class='brand'>Widgets Inc. <a href='/'>Start</a></div>"
        f"<div id='m7'><ul>{MENU}</ul></div>"
        f"{CONTENT}<div class='legal'>Copyright 2024 Widgets Inc. All rights reserved.</div>"
    )

    markdown = pages_through_their_model(template)[0]
    assert markdown.startswith("# apples\n\nAll about apples")
    assert "Widgets" not in markdown
    assert "Bears" not in markdown


def test_what_holds_the_title_stays_though_it_is_all_links():
    template = (
        "<div class='head'><h1><a href='/TOPIC'>TOPIC</a></h1><a href='/c'>Guides</a></div>"
        "<p>All about TOPIC, and how TOPIC are kept by those who keep TOPIC.</p>"
    )

    assert "# [apples]" in pages_through_their_model(template)[0]


def test_what_holds_the_content_stays_though_its_like_holds_the_menu():
    template = (
        f"<div class='bar'><div class='box'><ul>{MENU}</ul></div></div>"
        f"<div class='page'><div class='box'>{CONTENT}</div></div>"
    )

    markdown = pages_through_their_model(template)[0]
    assert markdown.startswith("# apples\n\nAll about apples")
    assert "Bears" not in markdown


def test_without_a_model_markup_alone_decides():
    page = a_site(f"<div class='brand'>Widgets Inc.</div>{CONTENT}")[0]

    assert "Widgets" in convert(page, URL).markdown


def test_what_repeats_within_the_content_stays():
    template = (
        f"{CONTENT}<h2>Parameters</h2><table><tr><th>Name</th><th>Type</th></tr>"
        "<tr><td>TOPIC</td><td>int</td></tr></table><h2>Returns</h2>"
        "<div class='returns'><p>Zero on success.</p></div><h2>Notes</h2><p>TOPIC only.</p>"
    )

    markdown = pages_through_their_model(template)[0]
    assert "## Parameters" in markdown
    assert "| Name | Type |" in markdown
    assert "Zero on success." in markdown


def test_a_heading_keeps_what_repeats_below_it():
    markdown = pages_through_their_model(f"{CONTENT}<h2>SUITE</h2><p>Part of the suite.</p>")[0]

    assert markdown.endswith("## SUITE\n\nPart of the suite.")


@pytest.mark.parametrize("paragraphs", [1, 1_000])
def test_repeated_blocks_without_classes_are_trimmed_from_the_edges(paragraphs: int):
    markdown = pages_through_their_model(
        f"<p>Widgets Inc.</p>{CONTENT}<div>{paragraphs * '<p>So much for TOPIC.</p>'}</div>"
        "<hr><p>Made by us.</p>"
    )[0]

    assert markdown.startswith("# apples")
    assert markdown.endswith("So much for apples.")
    assert markdown.count("So much") == paragraphs


def test_titles_lose_what_all_titles_share():
    pages = [
        page.replace("<title>Page", f"<title>Part {n} | Widgets")
        for n, page in enumerate(a_site("<p>TOPIC</p>"))
    ]

    assert convert(pages[3], URL, a_model(pages)).title == "Part 3"


def test_few_pages_tell_nothing():
    pages = a_site(f"<div class='brand'>Widgets</div>{CONTENT}")[:3]
    model = a_model(pages)

    assert (model.junk, model.repeated_blocks, model.selector) == (frozenset(), frozenset(), None)


def test_a_large_site_is_sampled_over_its_whole_length():
    template = (
        "<div class='brand'>BRAND page</div><h1>Page NUMBER</h1><p>Only page NUMBER says it.</p>"
    )
    pages = [
        a_page(template.replace("NUMBER", str(n)).replace("BRAND", "Old" if n < 100 else "New"))
        for n in range(400)
    ]

    markdown = convert(pages[300], URL, a_model(pages)).markdown
    assert markdown == "# Page 300\n\nOnly page 300 says it."


def test_titles_lose_the_site_s_name_before_what_it_is():
    title = "{} - Foo - the fastest of all"
    model = a_model(
        a_page("<p>x</p>", head=f"<title>{title.format(name)}</title>")
        for name in ("Usage", "Setup", "Tests", "Links")
    )

    assert choose_title(title.format("Usage"), [], model.title_affixes) == "Usage"
