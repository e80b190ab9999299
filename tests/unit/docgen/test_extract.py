import re
import time

import pytest
from docgen.extract import convert
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.pages import URL, a_model, a_page, document_of, markdown_of

WORDS = "Some words that say something. " * 60


def test_a_page_tells_its_facts():
    document = document_of(
        "<main><h1>Install</h1><p>x</p></main>",
        head=(
            "<title>Install — Widgets 2.0 documentation</title>"
            "<meta name=description content='How to  install.'>"
            "<meta property='article:published_time' content='2024-01-02T03:04:05Z'>"
            "<meta name=last-modified content='Tue, 05 Mar 2024 06:07:08 GMT'>"
        ),
        lang="de-DE",
    )

    assert document.title == "Install"
    assert document.description == "How to install."
    assert document.language == "de-DE"
    assert document.published == "2024-01-02T03:04:05Z"
    assert document.modified == "2024-03-05T06:07:08Z"
    assert document.words == 3
    assert document.problem is None


def test_dates_of_linked_data():
    data = '{"datePublished": "2023-05-06", "dateModified": "2023-07-08T00:00:00Z"}'
    document = document_of("<p>x</p>", head=f"<script type='application/ld+json'>{data}</script>")

    assert (document.published, document.modified) == ("2023-05-06", "2023-07-08T00:00:00Z")


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Thu, 01 Jan 2026 00:00:00 +99999999999999999",
        "Thu, 01 Jan 99999999999999999999 00:00:00",
    ],
)
def test_a_date_that_cannot_be_is_none(date: str):
    document = document_of("<p>x</p>", head=f"<meta name=last-modified content='{date}'>")

    assert document.modified is None


def test_a_page_without_facts_has_none():
    document = document_of("<p>x</p>", head="", lang="")

    assert document.title == "page"
    facts = (document.description, document.language, document.published, document.modified)
    assert facts == (None, None, None, None)


def test_breadcrumbs_lead_to_the_page_without_it():
    body = (
        "<nav aria-label='breadcrumb'><ol><li><a href='/'>Home</a></li><li><a href='..'>Guide</a>"
        "</li><li>Page</li></ol></nav><main><h1>Page</h1><p>x</p></main>"
    )

    assert document_of(body, head="<title>Page</title>").breadcrumbs == ("Home", "Guide")


def test_the_menu_is_read_as_it_nests():
    body = (
        "<nav><a href='#x'>Here</a><ul><li><a href='a.html'>A</a><ul><li><a href='b.html#c'>B</a>"
        "</ul><li><a href='/c/'><b>C</b></a><li><a href='https://other.example/'>O</a></ul></nav>"
        "<main><p>x</p></main>"
    )
    menu = document_of(body).navigation

    folder = "https://docs.example"
    assert [(link.level, link.text, link.url) for link in menu] == [
        (0, "A", f"{folder}/guide/a.html"),
        (1, "B", f"{folder}/guide/b.html"),
        (0, "C", f"{folder}/c/"),
    ]


def test_a_menu_that_drops_down_is_read_with_its_headings():
    body = (
        "<div class='navbar'><ul><li><a href='a.html'>A</a><li><a href='#'>Guide</a>"
        "<ul><li><a href='g/'>Guide</a><li><a href='g/b.html'>B</a></ul>"
        "<li><a href='#'>About</a><ul><li><a href='c.html'>C</a></ul>"
        "<li><a href='#'>Search</a></ul></div><main><p>x</p></main>"
    )
    menu = document_of(body).navigation

    assert [(link.level, link.text, link.url.rpartition("guide/")[2]) for link in menu] == [
        (0, "A", "a.html"),
        (0, "Guide", "g/"),
        (1, "B", "g/b.html"),
        (0, "About", ""),
        (1, "C", "c.html"),
    ]


def test_sections_of_a_page_in_a_menu_do_not_make_it_a_heading():
    body = (
        "<nav><ul><li><a href='a.html'>A</a><ul><li><a href='a.html#x'>X</a></ul>"
        "<li><a href='b.html'>B</a><li><a href='c.html'>C</a></ul></nav><main><p>x</p></main>"
    )

    assert [link.text for link in document_of(body).navigation] == ["A", "B", "C"]


def test_titles_hold_nothing_that_is_no_text():
    body = (
        "<nav><ul><li><a href='a'>A\x08</a><li><a href='b'>B</a><li><a href='c'>C</a></ul></nav>"
        "<main><h1>Ti\x1btle\u202e</h1><p>x</p></main>"
    )
    head = "<title>Ti\x1btle\u202e</title><meta name=description content='De\x07scribed'>"
    document = document_of(body, head=head)

    assert document.title == "Title"
    assert document.description == "Described"
    assert document.navigation[0].text == "A"
    assert document_of(body).title == "Title"


def test_links_start_from_the_base_the_page_names():
    body = "<p><a href='x'>a</a></p>"

    assert (
        document_of(body, head="<base href='/other/'>").links[0][0]
        == "https://docs.example/other/x"
    )
    elsewhere = convert(a_page(body), URL, base="https://docs.example/elsewhere/")
    assert elsewhere.links[0][0] == "https://docs.example/elsewhere/x"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("x.html", "https://docs.example/guide/x.html"),
        ("../x", "https://docs.example/x"),
        ("../../../x", "https://docs.example/x"),
        ("./a/./x", "https://docs.example/guide/a/x"),
        ("/x?y=1#z", "https://docs.example/x?y=1#z"),
        ("?y=1", "https://docs.example/guide/page.html?y=1"),
        ("#z", "https://docs.example/guide/page.html#z"),
        ("//other.example/x", "https://other.example/x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("a:b", ""),
        ("http://[", ""),
    ],
)
def test_links_are_resolved_as_a_browser_does(href, url):
    links = document_of(f"<p><a href='{href}'>a long enough label</a></p>").links

    assert [found for found, _ in links] == ([url] if url else [])


@pytest.mark.parametrize(
    ("page", "problem"),
    [
        (a_page("<div id='root'></div><script src='app.js'></script>"), "empty_shell"),
        (
            a_page("<noscript>You need to enable JavaScript.</noscript><script></script>"),
            "empty_shell",
        ),
        (
            a_page(
                "<h1>Sign in</h1><form><input type=password></form>", head="<title>Log in</title>"
            ),
            "login_wall",
        ),
        (a_page("<h1>Page not found</h1><p>Sorry.</p>"), "soft_404"),
        (a_page("<p>Sorry.</p>", head="<title>404 | Docs</title>"), "soft_404"),
        (a_page("<p>A short page.</p>"), None),
        (a_page(f"<h1>404 Not Found</h1><p>{WORDS}</p>"), None),
        (a_page(f"<p>{WORDS}</p><input type=password>", head="<title>Log in</title>"), None),
    ],
)
def test_pages_without_content_of_their_own_are_told(page, problem):
    assert convert(page, URL).problem == problem


@pytest.mark.parametrize(
    ("target", "body", "problem"),
    [
        ("_parent", "<li><a href='a.html'>Class</a> <small>Top Level</small>" * 99, "frame_menu"),
        ("_top", "<li><a href='a.html'>Class</a>" * 99, None),
        ("_parent", f"<p>{WORDS}</p><a href='a.html'>A link</a>", None),
    ],
)
def test_the_menu_of_a_site_in_frames_is_no_page(target, body, problem):
    page = a_page(f"<h1>Classes</h1><ul>{body}</ul>", head=f"<base target='{target}'>")

    assert convert(page, URL).problem == problem


def test_a_menu_that_scripts_put_into_pages_is_no_page():
    lines = "<ul><li><a href='a.html'>A</a><ul><li><a href='b.html'>B</a></li></ul></li></ul>"
    piece = convert(f"<div id='toggle'><div class='toc'>{lines}</div></div>", URL)
    page = convert(f"<body><div class='toc'>{lines}</div></body>", URL)

    assert (piece.problem, page.problem) == ("frame_menu", None)
    assert [(line.level, line.text) for line in piece.navigation] == [(0, "A"), (1, "B")]


def test_what_no_browser_shows_is_left_out():
    page = a_page(
        "<h1>A\x07 b&#27;\x1bl\x9b</h1><p>c\x08\fd&#x1b;e &#169;</p><pre>f\x1b[0m\tg\x0b</pre>",
        head="<title>A\x00 title&#8;</title>",
    )
    document = convert(page, URL)

    assert document.markdown == "# A bl\n\nc de ©\n\n```\nf[0m\tg\n```"
    assert document.title == "A title"


@pytest.mark.parametrize(
    "body",
    [
        "<nav>menu</nav><main><p>x</p></main><footer>f</footer>",
        "<div class='sphinxsidebar'>menu</div><div class='body' role='main'><p>x</p></div>",
        "<header>h</header><div id='content'><p>x</p></div><aside><nav>menu</nav></aside>",
        "<main><aside class='td-sidebar-toc'></aside><article><p>x</p></article></main>",
    ],
)
def test_the_content_is_found(body):
    assert markdown_of(body.replace("<p>x</p>", f"<h1>T</h1><p>{WORDS}</p>")) == (
        f"# T\n\n{WORDS.strip()}"
    )


def test_of_many_articles_none_is_taken_for_the_whole_content():
    functions = "".join(
        f"<article class='func'><h4>f{n}</h4><p>{'What it does. ' * often}</p></article>"
        for n, often in enumerate((9, 9, 40, 9))
    )
    found = convert(f"<body><h1>lists</h1><p>Lists.</p>{functions}</body>", "https://e.com/lists")

    assert [heading.text for heading in found.headings] == ["lists", "f0", "f1", "f2", "f3"]


def test_ways_to_the_source_are_no_text():
    html = '<h1>a</h1><p>insert :: a <a href="src/Data.Map.html#insert">Source</a></p>'
    assert "Source" not in convert(html, "https://e.com/a").markdown


def test_bytes_are_utf_8():
    assert convert("<p>Grüße — 你好</p>".encode(), URL).markdown == "Grüße — 你好"


@pytest.mark.parametrize(
    "opening",
    [
        "<div>",
        "<ul><li>",
        "<table><tr><td>",
        "<blockquote>",
        "<b>",
        "<dl><dd>",
        "<span>",
        "<code><pre>",
    ],
)
def test_deep_nesting_neither_overflows_nor_stalls(opening):
    started = time.process_time()

    document = convert(opening * 10_000 + "hello", URL)

    assert "hello" in document.markdown
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    "piece",
    ["<p>word word</p>", "word ", "<b>x</b> ", "[", "&lt;", "<a href=x>y</a>", "*_`~$", "\\"],
)
def test_time_grows_with_the_size_of_the_page_only(piece):
    started = time.process_time()

    convert(piece * (1_000_000 // len(piece)), URL)

    assert time.process_time() - started < 10


SCRAPS = """
<p> </p> <a href=x> </a> <b> </b> <code> </code> <pre> </pre> <table> <tr> <td> </table> <ul> <li>
</ul> <dl> <dt> <dd> </dl> <h2> </h2> <img alt=a> <br> <sup> <div> </div> <span> </span> word ` * _
[ ] ( ) < & | $ \\ # 1. - &lt;i&gt; &amp;lt; \ue000 \ue002 \ue003 \ue00c <span id=s> <a id=t>
"""


@settings(max_examples=300)
@given(st.lists(st.sampled_from(SCRAPS.split()), max_size=40))
def test_whatever_the_page_no_html_and_no_mark_of_ours_is_left(scraps):
    document = convert(" ".join(scraps), URL)

    text = re.sub("\ue000[^\ue000\ue001]*\ue001", "", document.markdown)
    assert not re.search("[\ue000-\uf8ff]", text)
    prose = re.sub(r"(?ms)^[ >]*(?:[-*] |\d+\. )*(`{3,}).*?^[ >]*\1$", "", text)
    prose = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", prose)
    assert not re.search(r"(?<!\\)(?:\\\\)*<[a-zA-Z/!?]", prose)


def test_the_same_page_gives_the_same_document():
    page = a_page("<main><h1>T</h1><p>x</p></main>")
    model = a_model([page] * 5)

    assert convert(page, URL, model) == convert(page, URL, model)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("width='300' height='200'", "300"),
        ("width='50%'", "50%"),
        ("height=20", "x20"),
        ("style='max-width: 90px; width: 12.5em; height: auto'", "200"),
        ("style='height:100%' width='1'", None),
        ("style='border: 0' width='auto'", None),
    ],
)
def test_the_size_an_image_is_shown_in_is_kept(attributes, size):
    document = document_of(f"<p>{WORDS}<img src='/i.png' {attributes}></p>")

    assert document.sizes.get("https://docs.example/i.png") == size


def test_an_image_shown_twice_is_as_large_as_where_nothing_says_how_large():
    once = "<img src='/i.png' width='300'>"

    assert document_of(f"<p>{WORDS}{once}<img src='/i.png'></p>").sizes == {}
    assert len(document_of(f"<p>{WORDS}{once}{once}</p>").sizes) == 1


def test_an_image_that_stands_in_the_page_gets_a_name():
    plot = "data:image/png;base64," + "A" * 1_500
    document = document_of(
        f"<p>{WORDS}<img src='{plot}'><img src='data:image/png,x' alt='A sign'>"
        "<img src='data:image/gif,x' data-src='/late.png'>"
        "<img src='data:image/png,x'><img alt='' src='data:image/svg+xml,x'></p>"
    )

    first, sign, late = (url for url, _ in document.images)
    assert document.embedded == {first: plot, sign: "data:image/png,x"}
    assert late == "https://docs.example/late.png"
    assert "data:" not in document.markdown


def test_the_page_above_is_the_one_that_the_head_names():
    head = "<title>T</title><link rel='next' href='c.html'><link rel='Up' href='../b.html'>"

    assert document_of("<h1>T</h1>", head=head).up == "https://docs.example/b.html"
    assert document_of("<h1>T</h1>").up == ""


def test_what_can_be_done_with_a_page_is_no_place_in_the_site():
    body = (
        "<ul class='wy-breadcrumbs'><li><a href='/'>Docs</a></li><li>Page</li>"
        "<li class='wy-breadcrumbs-aside'><a href='/bug'>Report</a></li></ul><h1>Page</h1>"
    )

    assert document_of(body, head="<title>Page</title>").breadcrumbs == ("Docs",)


@pytest.mark.parametrize(
    ("path", "title"),
    [("a/LEGAL.html", "LEGAL"), ("a/b%20c/", "b c"), ("", "https://docs.example/")],
)
def test_a_page_without_a_title_is_called_by_its_address(path: str, title: str):
    url = f"https://docs.example/{path}"

    assert document_of("<p>Text.</p>", head="", url=url).title == title
