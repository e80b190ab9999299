from datetime import timedelta
from pathlib import Path

import pytest
from docgen import errors
from docgen.visits import Counts

from tests.support.crawling import crawl, within
from tests.support.site import Answer, Request, Site, prose


def links(*targets: str) -> str:
    return "".join(f'<a href="{target}">{target}</a> ' for target in targets)


def test_linked_pages_of_the_folder_are_crawled() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("one", "sub/two", "/other", "//example.org/x"))
        site.page("/docs/one", prose("one") + links("/docs/", "../docs/sub/two#part"))
        site.page("/docs/sub/two", prose("two"))
        site.page("/other", prose("other"))
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/one", "/docs/sub/two"]
        assert site.hits("/other") == 0
        assert site.hits("/docs/sub/two") == 1
        assert not found.is_cut


def test_large_pages_are_taken_in_like_small_ones() -> None:
    filling = "<p>word</p>" * 10_000
    with Site() as site:
        site.page("/docs/", prose("front") + links("large", "nested", "small"))
        site.page("/docs/large", prose("large") + filling + links("deep"))
        site.page("/docs/nested", prose("nested") + filling + "<div>" * 5_000)
        site.page("/docs/small", prose("small"))
        site.page("/docs/deep", prose("deep"))
        found = crawl(site)

        assert sorted(found.pages) == ["/docs/", "/docs/deep", "/docs/large", "/docs/small"]
        assert found.skipped["/docs/nested"] == "too_complex"


def test_relative_links_start_from_the_base_element() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("one"), head='<base href="/docs/deep/">')
        site.page("/docs/deep/one", prose("one"))
        assert crawl(site).pages == ["/docs/", "/docs/deep/one"]


def test_frames_lead_on() -> None:
    with Site() as site:
        site.page("/docs/", '<iframe src="inner.html"></iframe>')
        site.page("/docs/inner.html", prose("inner"))
        assert "/docs/inner.html" in crawl(site).pages


def test_menus_that_a_script_fetches_lead_on() -> None:
    head = (
        '<meta name="docfx:navrel" content="../toc.html"><meta property="docfx:tocrel"'
        ' content="toc.html"><meta name="docfx:rel" content="style/">'
    )
    with Site() as site:
        site.page("/docs/", prose("front"), head=head)
        site.page("/docs/toc.html", links("one"))
        site.page("/docs/one", prose("one"))
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/toc.html", "/docs/one"]


def test_the_folder_is_that_of_the_page_the_start_redirects_to() -> None:
    with Site() as site:
        site.redirect("/", "/en/latest/")
        site.page("/en/latest/", prose("front") + links("a", "/fr/latest/", "/"))
        site.page("/en/latest/a", prose("a"))
        site.page("/fr/latest/", prose("french"))
        found = crawl(site, "/")

        assert found.pages == ["/en/latest/", "/en/latest/a"]
        assert found.aliases["/"] == "/en/latest/"


@pytest.mark.parametrize(
    "body",
    [
        '<meta http-equiv="refresh" content="0; url=en/">',
        "<META HTTP-EQUIV=Refresh CONTENT=\"1;URL='/docs/en/'\">",
        "<script>window.location.href = 'en/'</script>",
        '<script>location.replace("en/")</script>',
    ],
)
def test_the_start_page_may_send_its_reader_on(body: str) -> None:
    with Site() as site:
        site.page("/docs/", "", head=body)
        site.page("/docs/en/", prose("front") + links("a"))
        site.page("/docs/en/a", prose("a"))
        assert crawl(site).pages == ["/docs/en/", "/docs/en/a"]


def test_a_start_page_without_a_slash_may_be_the_front_of_a_folder() -> None:
    with Site() as site:
        site.page("/docs", prose("front") + links("/docs/a", "/docs/b", "/blog"))
        site.page("/docs/a", prose("a"))
        site.page("/docs/b", prose("b"))
        site.page("/blog", prose("blog"))
        assert crawl(site, "/docs").pages == ["/docs", "/docs/a", "/docs/b"]


def test_a_page_in_the_middle_of_a_folder_stands_for_the_folder() -> None:
    with Site() as site:
        site.page("/docs/guide", prose("guide") + links("/docs/a", "/docs/b"))
        site.page("/docs/a", prose("a"))
        site.page("/docs/b", prose("b"))
        assert crawl(site, "/docs/guide").pages == ["/docs/guide", "/docs/a", "/docs/b"]


def test_no_more_pages_than_asked_for() -> None:
    with Site() as site:
        site.docs(30)
        found = crawl(site, max_pages=12)

        assert len(found.pages) == 12
        assert found.is_cut
        assert len([target for target in site.targets() if "page-" in target]) == 11


def test_failures_and_copies_do_not_count_as_pages() -> None:
    with Site() as site:
        site.docs(10)
        for number, letter in enumerate("abc"):
            site.fail(f"/docs/page-{letter}{number}.html", 404)
        assert len(crawl(site, max_pages=7).pages) == 7


def test_depth_is_counted_in_links() -> None:
    with Site() as site:
        for number in range(6):
            site.page(f"/docs/{number}", prose(f"page {number}") + links(str(number + 1)))
        found = crawl(site, "/docs/0", max_depth=2)

        assert found.pages == ["/docs/0", "/docs/1", "/docs/2"]
        assert found.skipped == {"/docs/3": "too_deep"}


def test_depth_zero_is_the_start_page() -> None:
    with Site() as site:
        site.docs(5)
        assert crawl(site, max_depth=0).pages == ["/docs/"]


def test_globs_choose_pages() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("guide/a", "guide/b", "api/c", "guide/old/d"))
        for path in ("guide/a", "guide/b", "api/c", "guide/old/d"):
            site.page(f"/docs/{path}", prose(path))
        found = crawl(site, include=("/docs/guide/**",), exclude=("**/old/**",))

        assert found.pages == ["/docs/guide/a", "/docs/guide/b"]
        assert found.skipped["/docs/"] == "excluded"
        assert found.skipped["/docs/api/c"] == "excluded"
        assert site.hits("/docs/api/c") == 0


def test_sitemaps_find_what_no_link_leads_to() -> None:
    with Site() as site:
        site.page("/docs/", prose("front"))
        site.page("/docs/hidden", prose("hidden"))
        site.text("/robots.txt", f"Sitemap: {site.url('/maps/index.xml')}")
        index = f"<sitemapindex><sitemap><loc>{site.url('/maps/a.xml')}</loc></sitemap>"
        site.text("/maps/index.xml", f"{index}<sitemap><loc>/maps/index.xml</loc></sitemap>")
        pages = f"<loc>{site.url('/docs/hidden')}</loc><loc>{site.url('/else')}</loc>"
        site.gzipped("/maps/a.xml", f"<urlset><url>{pages}</url></urlset>".encode())
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/hidden"]
        assert site.hits("/maps/index.xml") == 1
        assert site.hits("/else") == 0


def test_llms_txt_finds_pages_by_their_markdown_copies() -> None:
    with Site() as site:
        site.page("/docs/", prose("front"))
        site.page("/docs/a.html", prose("a"))
        site.text("/docs/llms.txt", "# Docs\n- [A](/docs/a.html.md): about a\n", "text/markdown")
        assert crawl(site).pages == ["/docs/", "/docs/a.html"]


def test_important_pages_come_first() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("genindex.html", "a", "b?x=1", "c"))
        site.page("/docs/a", prose("a") + links("deep"))
        for path in ("genindex.html", "b?x=1", "c", "deep"):
            site.page(f"/docs/{path}", prose(path))
        site.text("/docs/sitemap.xml", f"<loc>{site.url('/docs/listed')}</loc>")
        site.page("/docs/listed", prose("listed"))

        order = ["/docs/", "/docs/a", "/docs/c", "/docs/b?x=1"]
        assert crawl(site, max_pages=4).pages == order
        assert crawl(site).pages[-1] == "/docs/genindex.html"


def test_an_index_waits_for_what_the_pages_under_way_lead_to() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("genindex.html", "search.html", "a"))
        site.page("/docs/a", prose("a") + links("b", "c"), latency=0.3)
        for path in ("genindex.html", "search.html", "b", "c"):
            site.page(f"/docs/{path}", prose(path), latency=0.1)

        assert crawl(site, max_pages=4).pages == ["/docs/", "/docs/a", "/docs/b", "/docs/c"]
        assert len(crawl(site).pages) == 6
        assert site.most_at_once >= 2


def test_many_indexes_are_fetched_at_once() -> None:
    with Site() as site:
        names = [f"tags/{name}" for name in "abcdefgh"]
        site.page("/docs/", prose("front") + links(*names))
        for name in names:
            site.page(f"/docs/{name}", prose(name), latency=0.3)

        assert len(crawl(site).pages) == 9
        assert site.most_at_once == 8


def test_robots_are_obeyed() -> None:
    with Site() as site:
        site.text("/robots.txt", "User-agent: *\nDisallow: /docs/private\nAllow: /docs/private/ok")
        site.page("/docs/", prose("front") + links("private/x", "private/ok", "hop"))
        site.page("/docs/private/ok", prose("ok"))
        site.redirect("/docs/hop", "/docs/private/y")
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/private/ok"]
        assert found.skipped["/docs/private/x"] == "robots"
        assert not any(target.startswith(("/docs/private/x", "/docs/private/y"))
                       for target in site.targets())  # fmt: skip


def test_a_forbidden_start_page_is_not_asked_for() -> None:
    with Site() as site:
        site.text("/robots.txt", "User-agent: DocSnap\nDisallow: /")
        site.page("/docs/", prose("front"))
        with pytest.raises(errors.RobotsForbid):
            crawl(site)
        assert site.targets() == ["/robots.txt"]


def test_an_erring_robots_txt_forbids_everything_for_now() -> None:
    with Site() as site:
        site.page("/docs/", prose("front"))
        site.fail("/robots.txt", 500)
        with pytest.raises(errors.SiteUnreachable):
            crawl(site)
        assert site.hits("/docs/") == 0


def test_a_crawl_delay_is_kept() -> None:
    with Site() as site:
        site.text("/robots.txt", "User-agent: *\nCrawl-delay: 0.01")
        site.docs(8, latency=0.02)
        assert len(crawl(site).pages) == 8
        assert site.most_at_once == 1


def test_redirects_and_spellings_are_one_page() -> None:
    with Site() as site:
        variants = ("a", "a/", "a/index.html", "a?utm_source=x", "a;jsessionid=1", "old", "a#x")
        site.page("/docs/", prose("front") + links(*variants))
        for variant in ("a", "a/", "a/index.html"):
            site.page(f"/docs/{variant}", prose("a"))
        site.redirect("/docs/old", "/docs/a")
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/a"]
        assert found.aliases["/docs/old"] == "/docs/a"


def test_pages_with_the_same_text_are_one() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a", "print/a", "b"))
        site.page("/docs/a", prose("a") + "<nav>here</nav>", title="A")
        site.page("/docs/print/a", prose("a"), title="A for paper")
        site.page("/docs/b", prose("b"))
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/a", "/docs/b"]
        assert found.aliases["/docs/print/a"] == "/docs/a"


def test_pages_with_little_text_are_told_apart_by_title() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a", "b", "c"))
        site.page("/docs/a", "<main>See below.</main>", title="A")
        site.page("/docs/b", "<main>See below.</main>", title="B")
        site.page("/docs/c", "<main>See below.</main>", title="B")
        assert crawl(site).pages == ["/docs/", "/docs/a", "/docs/b"]


def test_of_languages_and_versions_one_is_kept() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a", "fr/", "fr/a", "1.0/a", "2.0/a", "2.0/b"))
        site.page("/docs/a", prose("a") + links("de/a"))
        for path in ("fr/", "fr/a", "1.0/a", "2.0/a", "2.0/b", "de/a"):
            site.page(f"/docs/{path}", prose(path))
        found = crawl(site)

        assert found.pages[:2] == ["/docs/", "/docs/a"]
        assert found.skipped["/docs/fr/a"] == "locale_copy"
        assert found.skipped["/docs/de/a"] == "locale_copy"
        assert found.skipped["/docs/1.0/a"] == "version_copy"
        assert site.hits("/docs/fr/a") == 0


def test_without_a_plain_copy_the_readers_language_and_the_latest_version_are_kept() -> None:
    with Site() as site:
        targets = [f"{v}/{x}/{p}" for v in ("v1", "v2", "v10") for x in ("fr", "en") for p in "ab"]
        site.page("/docs/", prose("front") + links(*targets))
        for target in targets:
            site.page(f"/docs/{target}", prose(target))
        assert crawl(site).pages == ["/docs/", "/docs/v10/en/a", "/docs/v10/en/b"]


def test_what_only_looks_like_a_language_is_kept() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("it/setup", "is/fine", "hr", "v8/engine"))
        for path in ("it/setup", "is/fine", "hr", "v8/engine"):
            site.page(f"/docs/{path}", prose(path))
        assert len(crawl(site).pages) == 5


def test_files_are_not_fetched_and_documents_are_named() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("manual.pdf", "x.zip", "pic.png", "data"))
        site.text("/docs/data", "1,2,3", "text/csv")
        found = crawl(site)

        assert found.skipped == {"/docs/manual.pdf": "not_html", "/docs/data": "not_html"}
        assert site.hits("/docs/manual.pdf") == site.hits("/docs/pic.png") == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "text/xml"])
def test_html_is_recognised_under_a_wrong_label(kind: str) -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a"))
        site.page("/docs/a", prose("a"), headers={"Content-Type": kind})
        assert crawl(site).pages == ["/docs/", "/docs/a"]


def test_a_picture_that_calls_itself_html_is_left_out() -> None:
    with Site() as site:
        site.page("/docs/", prose("front") + links("a"))
        site.on("/docs/a", lambda _: Answer(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))
        assert crawl(site).skipped == {"/docs/a": "not_html"}


def test_pages_that_fail_for_a_while_are_asked_again() -> None:
    with Site() as site:
        site.docs(4)
        site.fail("/docs/page-a0.html", 500, times=2)
        site.fail("/docs/page-b1.html", 429, times=1, headers={"Retry-After": "0"})
        assert len(crawl(site).pages) == 4
        assert site.hits("/docs/page-a0.html") == 3


def test_pages_that_fail_for_good_are_named_with_the_reason() -> None:
    with Site() as site:
        site.docs(6)
        site.fail("/docs/page-a0.html", 500)
        site.fail("/docs/page-b1.html", 403)
        site.redirect("/docs/page-c2.html", "/docs/page-c2.html")
        site.redirect("/docs/page-d3.html", "/elsewhere")
        found = crawl(site)

        assert found.pages == ["/docs/", "/docs/page-e4.html"]
        assert found.skipped == {
            "/docs/page-a0.html": "http_500",
            "/docs/page-b1.html": "http_403",
            "/docs/page-c2.html": "too_many_redirects",
            "/docs/page-d3.html": "out_of_scope",
        }
        assert (site.hits("/docs/page-a0.html"), site.hits("/docs/page-b1.html")) == (3, 1)


def test_a_site_that_dies_gives_what_was_there() -> None:
    with Site() as site:
        site.docs(300)
        asked = 0

        def script(_: Request) -> Answer:
            nonlocal asked
            asked += 1
            return Answer(b"no", 500)

        for number in range(5, 299):
            site.on(f"/docs/page-{chr(97 + number % 26)}{number}.html", script)
        found = crawl(site, max_pages=300, limits=within(attempts=2))

        assert len(found.pages) == 6
        assert found.is_cut
        assert asked < 150


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, errors.PageGone),
        (401, errors.AccessDenied),
        (403, errors.AccessDenied),
        (429, errors.SiteOverloaded),
        (503, errors.SiteOverloaded),
        (500, errors.SiteUnreachable),
    ],
)
def test_without_a_start_page_there_is_an_error(status: int, error: type[Exception]) -> None:
    with Site() as site:
        site.fail("/docs/", status, headers={"Retry-After": "0"})
        with pytest.raises(error):
            crawl(site)


def test_a_start_page_that_is_a_file_says_so() -> None:
    with Site() as site:
        site.on("/a", lambda _: Answer(b"%PDF-1.7", headers={"Content-Type": "application/pdf"}))
        site.on("/b", lambda _: Answer(b"{}", headers={"Content-Type": "application/json"}))
        with pytest.raises(errors.NoUsableContent, match="PDF"):
            crawl(site, "/a")
        with pytest.raises(errors.NoUsableContent, match="application/json"):
            crawl(site, "/b")


def test_at_most_ten_requests_are_under_way() -> None:
    with Site() as site:
        site.docs(40, latency=0.2)  # long enough for ten requests to be made meanwhile
        assert len(crawl(site).pages) == 40
        assert 8 <= site.most_at_once <= 10


def test_one_request_at_a_time_if_so_asked() -> None:
    with Site() as site:
        site.docs(6, latency=0.01)
        site.text("/robots.txt", "")
        assert len(crawl(site, limits=within(concurrency=1)).pages) == 6
        assert site.most_at_once == 1


@pytest.mark.parametrize(
    "limits",
    [
        within(total_bytes=3000),
        within(crawl_timeout=timedelta(seconds=2)),
        within(memory_bytes=1),
    ],
)
def test_each_budget_ends_in_a_partial_result(limits: object) -> None:
    with Site() as site:
        site.docs(60, latency=0.5)  # ten at a time: three seconds in all
        found = crawl(site, limits=limits)  # type: ignore[arg-type]

        assert 1 <= len(found.pages) < 60
        assert found.is_cut


def test_progress_is_told_at_every_page() -> None:
    told: list[Counts] = []
    with Site() as site:
        site.docs(8)
        crawl(site, report=told.append)

    assert {counts.pages for counts in told} >= {0, 8}
    assert told[-1].known == 8
    assert any(counts.current and "page-" in counts.current for counts in told)


def test_a_stop_is_heard_while_the_site_is_silent(tmp_path: Path) -> None:
    with Site() as site:
        site.docs(5, latency=30)
        calls = iter([False] * 3 + [True] * 1000)
        with pytest.raises(errors.Interrupted):
            crawl(site, store=tmp_path / "s", should_stop=lambda: next(calls))


def test_what_the_report_raises_ends_the_crawl() -> None:
    class Enough(Exception):
        pass

    def report(counts: Counts) -> None:
        if counts.pages == 3:
            raise Enough

    with Site() as site:
        site.docs(30)
        with pytest.raises(Enough):
            crawl(site, report=report)


def test_links_are_read_with_the_scheme_of_the_site() -> None:
    from docgen.frontier import Scope
    from docgen.urls import Globs

    scope = Scope(folder="https://e.com/docs/", include=Globs([]), exclude=Globs([]))
    assert scope.align("http://e.com/docs/a") == "https://e.com/docs/a"
    assert scope.align("http://e.com/blog") == "http://e.com/blog"
