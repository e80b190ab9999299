"""Sites that would rather have the crawler for breakfast. Each ends, soon, in one of two ways."""

import gzip
import itertools
import tracemalloc
from datetime import timedelta
from time import process_time

import pytest
from docgen import errors
from docgen.complexity import is_too_complex
from docgen.extract import convert
from docgen.options import MIB

from tests.support.crawling import crawl, within
from tests.support.hostile import drip, endless, front, link_endlessly, moved
from tests.support.site import Answer, Request, Site, html, prose

SMALL = within(page_bytes=200_000, sitemap_bytes=100_000, request_timeout=timedelta(seconds=3),
               attempts=1)  # fmt: skip


def bomb(mib: int) -> bytes:
    return gzip.compress(gzip.compress(b"\0" * mib * MIB))


BOMB = gzip.compress(b"x" * 50 * MIB, 1)
BOMB_IN_BOMB = bomb(20)

TRICKS = {
    "an endless body": lambda _: Answer(endless()),
    "a drip": lambda _: Answer(drip()),
    "a drip of header": lambda _: Answer(drip(), raw_header=b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "silence": lambda _: Answer(latency=60),
    "a bomb": lambda _: Answer(BOMB, headers={"Content-Encoding": "gzip"}),
    "a bomb in a bomb": lambda _: Answer(BOMB_IN_BOMB, headers={"Content-Encoding": "gzip, gzip"}),
    "a hundred megabytes of text": lambda _: Answer(endless(b"word " * 20_000)),
    "a false length": lambda _: Answer(b"short", length=10**12),
    "a broken gzip": lambda _: Answer(b"\x1f\x8b\x08garbage", headers={"Content-Encoding": "gzip"}),
    "a megabyte of header": lambda _: Answer(b"", headers={"X": "x" * MIB}),
    "no http": lambda _: Answer(b"", raw_header=b"220 smtp ready\r\n\r\n"),
    "a redirect to itself": moved("/docs/trick"),
    "a redirect to a file": moved("file:///etc/passwd"),
    "a redirect with credentials": moved("http://a:b@127.0.0.1/"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_a_hostile_page_costs_only_itself(trick: str) -> None:
    with Site() as site:
        front(site, "trick")
        site.on("/docs/trick", TRICKS[trick])
        found = crawl(site, limits=SMALL)

    assert found.pages == ["/docs/", "/docs/good"]
    assert "/docs/trick" in found.skipped


@pytest.mark.parametrize("trick", TRICKS)
def test_a_hostile_start_page_is_a_clear_error(trick: str) -> None:
    with Site() as site:
        site.on("/docs/trick", TRICKS[trick])
        with pytest.raises(errors.GenerateError) as caught:
            crawl(site, "/docs/trick", limits=SMALL)
    assert caught.value.message


def test_bombs_and_endless_bodies_stay_small_in_memory() -> None:
    with Site() as site:
        front(site, *(f"trick{n}" for n in range(20)))
        packed = gzip.compress(b"x" * 100 * MIB)
        for number in range(20):
            site.on(f"/docs/trick{number}",
                    lambda _: Answer(packed, headers={"Content-Encoding": "gzip"}))  # fmt: skip
        tracemalloc.start()
        crawl(site, limits=SMALL)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 40 * MIB


@pytest.mark.parametrize(
    "shape",
    [
        "calendar/{n}/12/",
        "calendar?day={n}",
        "a?sid={token}",
        "s/{token}/page",
        "x/?q={token}&n={n}",
    ],
)
def test_endless_sites_end_with_the_pages_asked_for(shape: str) -> None:
    with Site() as site:
        link_endlessly(site, shape)
        found = crawl(site, max_pages=30, max_depth=20)
        assert len(found.pages) <= 30
        assert len(site.requests) < 60


@pytest.mark.parametrize("shape", ["a?page={n}", "s/{token}/page", "a/?visit={token}&n={n}"])
def test_one_page_under_endless_names_is_soon_recognised(shape: str) -> None:
    with Site() as site:
        link_endlessly(site, shape, width=40, distinct=False)
        found = crawl(site, max_pages=500, max_depth=20)
        assert len(found.pages) == 1
        assert "trap" in found.skipped.values()
        assert len(site.requests) < 50


def test_a_folder_within_itself_is_left() -> None:
    def script(request: Request) -> Answer:
        if not request.target.startswith("/docs/"):
            return Answer(b"not here", 404)
        return Answer(html(prose(request.target) + '<a href="sub/">x</a>').encode())

    with Site() as site:
        site.otherwise(script)
        found = crawl(site, max_pages=100, max_depth=20)
        assert len(found.pages) <= 4
        assert "trap" in found.skipped.values()


def test_overlong_urls_and_heaps_of_parameters_are_left() -> None:
    with Site() as site:
        many = "p?" + "&".join(f"a{n}={n}" for n in range(20))
        front(site, "x" * 3000, "/".join("docs" + "abcdefghijklmnopqrstuvw"), many)
        found = crawl(site)

    assert found.pages == ["/docs/", "/docs/good"]
    assert set(found.skipped.values()) == {"url_too_long", "trap"}


def test_a_page_of_a_million_links_is_read_in_part() -> None:
    with Site() as site:
        links = "".join(f'<a href="p{n}">x</a>' for n in range(50_000))
        site.page("/docs/", prose("front") + links)
        found = crawl(site, max_pages=5, limits=within(links_per_page=1000, known_urls=500))
        assert found.is_cut
        assert len(found.pages) == 1


def test_circular_sitemaps_are_read_once_each() -> None:
    with Site() as site:
        front(site)
        for here, there in (("a", "b"), ("b", "a")):
            loc = f"<sitemapindex><loc>{site.url(f'/{there}.xml')}</loc></sitemapindex>"
            site.text(f"/{here}.xml", loc)
        site.text("/robots.txt", f"Sitemap: {site.url('/a.xml')}")
        crawl(site)
        assert (site.hits("/a.xml"), site.hits("/b.xml")) == (1, 1)


def test_endless_sitemap_indexes_are_counted() -> None:
    numbers = itertools.count()

    def script(request: Request) -> Answer:
        if "map" not in request.target:
            return Answer(b"not here", 404)
        listed = "".join(f"<loc>/map{next(numbers)}.xml</loc>" for _ in range(100))
        return Answer(f"<sitemapindex>{listed}</sitemapindex>".encode())

    with Site() as site:
        site.otherwise(script)
        front(site)
        found = crawl(site, limits=within(sitemaps=7))
        assert found.pages == ["/docs/", "/docs/good"]
        assert len(site.requests) < 20


def test_entities_of_a_sitemap_are_not_expanded() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    sitemap = (
        f'<!DOCTYPE x [<!ENTITY e0 "boom">{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<urlset><loc>&e11;</loc><loc>&f;</loc><loc>/docs/listed?a=1&amp;b=2</loc></urlset>"
    )
    with Site() as site:
        front(site)
        site.text("/sitemap.xml", sitemap, "application/xml")
        site.page("/docs/listed?a=1&b=2", prose("listed"))
        found = crawl(site)

    assert sorted(found.pages) == ["/docs/", "/docs/good", "/docs/listed?a=1&b=2"]


@pytest.mark.parametrize(
    "body",
    [b"\0" * 50_000, b"<loc>" * 50_000, b"<!DOCTYPE" * 9000, gzip.compress(b"<loc>x" * MIB),
     b"\xff\xfe" * 9000, b"<sitemapindex>" + b"<loc>/sitemap.xml</loc>" * 9000],
)  # fmt: skip
def test_rubbish_in_robots_sitemap_and_llms_does_no_harm(body: bytes) -> None:
    with Site() as site:
        front(site)
        for target in ("/robots.txt", "/sitemap.xml", "/llms.txt"):
            site.on(target, lambda _: Answer(body, headers={"Content-Type": "text/plain"}))
        assert crawl(site, limits=SMALL).pages == ["/docs/", "/docs/good"]


def test_endless_robots_txt_is_read_in_part() -> None:
    with Site() as site:
        front(site)
        site.on("/robots.txt", lambda _: Answer(endless(b"Disallow: /x\n" * 100)))
        assert crawl(site, limits=SMALL).pages == ["/docs/", "/docs/good"]


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<div>", "</div>"),
        ("<ul><li>", ""),
        ("<div></x>", ""),
        ("<div><table><tr><td></div></table>", ""),
        ("<DIV a=b>", "</DIV>"),
        ("<svg><br><x></svg>", "</y>"),
        ("<path>", "</y>"),
        ("<T>", "</y>"),
        ("<a><div></a>", ""),
        ("<a " + " ".join(f"a{n}=1" for n in range(10_000)) + ">", ""),
        ("<a " + " ".join(f"a{n}='>'" for n in range(10_000)) + ">", ""),
        ("<a " + "/".join(f"a{n}" for n in range(10_000)), ">"),
    ],
)
def test_html_that_nobody_can_parse_is_not_parsed(opening: str, closing: str) -> None:
    with Site() as site:
        front(site, "deep")
        site.page(
            "/docs/deep", opening * max(1, 2_000_000 // len(opening)) + "x" + closing * 100_000
        )
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/good"]
        assert found.skipped == {"/docs/deep": "too_complex"}
        with pytest.raises(errors.NoUsableContent):
            crawl(site, "/docs/deep")


def test_a_page_that_forgot_to_escape_its_angle_brackets_is_read() -> None:
    with Site() as site:
        front(site, "generics")
        site.page("/docs/generics", "<p>put&lt;K, V>(Map<K, V> map, List<T> list)" * 400)

        assert "/docs/generics" in crawl(site).pages


def test_a_page_full_of_drawings_is_read() -> None:
    shapes = "<circle r='1'/><polygon points='1,2'/><path d='M0'/>" * 20
    with Site() as site:
        front(site, "drawings")
        site.page("/docs/drawings", f"<div>text <svg>{shapes}</svg></div>" * 600)

        assert "/docs/drawings" in crawl(site).pages


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-16", "x-nonsense", "rot13", "base64", "zlib", ""]
)
@pytest.mark.parametrize("body", [b"\xff\xfe\xfa" * 100, "héllo wörld".encode("latin-1") * 50])
def test_wrong_charsets_do_no_harm(charset: str, body: bytes) -> None:
    with Site() as site:
        front(site, "odd")
        kind = f"text/html; charset={charset}"
        site.on("/docs/odd", lambda _: Answer(b"<html>" + body, headers={"Content-Type": kind}))
        assert {"/docs/", "/docs/good"} <= set(crawl(site).pages)


def test_links_of_every_wicked_kind_lead_nowhere() -> None:
    wicked = ["javascript:alert(1)", "http://u:p@127.0.0.1/", "//[::1", "http://127.0.0.1%00/",
              "\\\\evil\\share", "file:///etc/passwd", "data:text/html,x", "\x01", "http:///x",
              "https:evil", "&#0;", "%", "//", "?" * 9000]  # fmt: skip
    with Site() as site:
        front(site, *wicked)
        found = crawl(site)
        assert found.pages == ["/docs/", "/docs/good"]


def test_a_server_that_hangs_up_is_a_clear_error() -> None:
    with Site() as site:
        site.on("/docs/", lambda _: Answer(drip(b""), raw_header=b""))
        with pytest.raises(errors.SiteUnreachable):
            crawl(site, limits=SMALL)


HEAVY = {
    "blanks after a location": ("/sitemap.xml", b"<loc>" + b" " * 15 * MIB + b"<"),
    "a million empty members": ("/sitemap.xml", gzip.compress(b"") * 700_000),
    "members within a page": ("/docs/trick", gzip.compress(b"") * 200_000),
    "robots by rules": (
        "/robots.txt",
        b"".join(b"User-agent: r%d\n" % n for n in range(15_000))
        + b"".join(b"Disallow: /x%d\n" % n for n in range(15_000)),
    ),
    "robots by rules, in lines of another kind": (
        "/robots.txt",
        b"".join(b"user \t agent r%d\r" % n for n in range(12_000))
        + b"".join(b"Disallow: /x%d\r" % n for n in range(12_000)),
    ),
    "a pause of aeons": ("/robots.txt", b"User-agent: *\nCrawl-delay: 1e300\n"),
    "millions of links in llms.txt": ("/llms.txt", b"[a](a)" * 2_500_000),
    "an index of a million sitemaps": (
        "/sitemap.xml",
        b"<sitemapindex>" + b"".join(b"<loc>/docs/%d.xml" % n for n in range(600_000)),
    ),
    "tags that never end": ("/docs/trick", (b"<a" * 7999 + b">") * 300),
}
"""What takes hours, or gigabytes, when it is read without thought."""


@pytest.mark.parametrize("name", HEAVY)
def test_what_is_heavy_to_read_is_read_in_no_time(name: str) -> None:
    target, body = HEAVY[name]
    kind = {"Content-Encoding": "gzip"} if name == "members within a page" else {}
    quick = within(crawl_delay=timedelta(0), sitemaps=3, known_urls=2000)
    with Site() as site:
        front(site, "trick")
        site.on(target, lambda _: Answer(body, headers={"Content-Type": "text/html"} | kind))
        started = process_time()
        found = crawl(site, limits=quick, max_pages=2)
        spent = process_time() - started

    assert "/docs/" in found.pages
    assert spent < 10


PILES = {
    "quotations": "<blockquote>" * 400 + "<p>x" * 100_000,
    "lists": "<ul><li>" * 200 + "<p>x" * 100_000,
    "numbers": "<ol start=99999999><li>" * 200 + "<p>x" * 100_000,
    "code in lists": "<ul><li>" * 200 + "<pre>" + "x\n" * 100_000,
    "definitions": "<dl><dd>" * 200 + "<p>x" * 100_000,
    "tables": "<table><tr><td>" * 100 + "<p>x" * 100_000,
}


@pytest.mark.parametrize("name", PILES)
def test_what_is_piled_up_does_not_swell(name: str) -> None:
    html = f"<main><h1>Piles</h1>{PILES[name]}"

    document = convert(html.encode(), "https://e.com/")

    assert len(document.markdown) < 30 * len(html)


def test_a_menu_of_a_million_entries_is_not_parsed() -> None:
    with Site() as site:
        front(site, "menu")
        site.page("/docs/menu", "<select>" + "<option>x" * 200_000)
        assert crawl(site).skipped == {"/docs/menu": "too_complex"}


DECOYS = {
    "comments": '<p title="<!--">x</p>',
    "links": '<nav title="<a>">x</nav>',
    "pictures": '<b title="<img ">x</b>',
    "scripts that end": '<b title="<script></script>">x</b>',
    "links in menus": '<nav><a href="y" title="<img ">x</a></nav>',
}


@pytest.mark.parametrize("name", DECOYS)
def test_what_looks_like_the_beginning_of_something_costs_little(name: str) -> None:
    html = f"<main><h1>Decoys</h1>{DECOYS[name] * 40_000}"
    started = process_time()

    if not is_too_complex(html):
        convert(html.encode(), "https://e.com/")

    assert process_time() - started < 10


def test_tags_within_tags_are_too_complex() -> None:
    assert is_too_complex(("<a" * 7999 + ">") * 2)
    assert not is_too_complex(f'<p title="{"<" * 150}{"x" * 4000}">x</p>')
