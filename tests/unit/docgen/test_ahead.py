"""The lists of a site, asked for while its start page is on its way."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.crawling import crawl, within
from tests.support.site import Answer, Request, Site, html, prose

LISTS = ["/docs/llms.txt", "/docs/sitemap.xml", "/llms.txt", "/sitemap.xml"]
FRONT = html(prose("front") + '<a href="one">one</a>').encode()


def list_pages(site: Site, target: str, *paths: str) -> None:
    locations = "".join(f"<loc>{site.url(path)}</loc>" for path in paths)
    site.text(target, f"<urlset>{locations}</urlset>", "application/xml")


def test_the_start_page_and_the_lists_are_under_way_together() -> None:
    with Site() as site:
        asked = asyncio.Event()

        async def front() -> AsyncIterator[bytes]:
            await asyncio.wait_for(asked.wait(), 20)
            yield FRONT

        def listing(_: Request) -> Answer:
            asked.set()
            return Answer(f"<loc>{site.url('/docs/listed')}</loc>".encode())

        site.on("/docs/", lambda _: Answer(front()))
        site.on("/docs/sitemap.xml", listing)
        site.page("/docs/one", prose("one"))
        site.page("/docs/listed", prose("listed"))

        assert sorted(crawl(site).pages) == ["/docs/", "/docs/listed", "/docs/one"]
        assert [site.hits(target) for target in LISTS] == [1, 1, 1, 1]


def test_of_the_sitemaps_that_robots_txt_names_the_first_is_asked_for_ahead() -> None:
    with Site() as site:
        maps = [f"/maps/{n}.xml" for n in range(20)]
        named = "\n".join(f"Sitemap: {site.url(target)}" for target in maps)
        site.text("/robots.txt", f"User-agent: *\nDisallow: /llms.txt\n{named}")
        site.page("/docs/", prose("front"))
        for number, target in enumerate(maps):
            list_pages(site, target, f"/docs/page{number}")
            site.page(f"/docs/page{number}", prose(f"page {number}"))

        assert len(crawl(site).pages) == 1 + len(maps)
        assert set(site.targets()[2:4]) <= {"/docs/", "/docs/llms.txt", maps[0]}
        assert site.hits("/llms.txt") == 0
        assert [site.hits(target) for target in maps] == [1] * len(maps)


def test_a_start_page_elsewhere_brings_the_lists_of_its_own_folder() -> None:
    with Site() as site:
        site.redirect("/docs/", "/manual/start")
        site.page("/manual/start", prose("start"))
        list_pages(site, "/docs/sitemap.xml", "/docs/old")
        list_pages(site, "/manual/sitemap.xml", "/manual/listed")
        site.page("/docs/old", prose("old"))
        site.page("/manual/listed", prose("listed"))

        assert crawl(site).pages == ["/manual/start", "/manual/listed"]


def test_a_list_that_fails_is_asked_for_again() -> None:
    with Site() as site:
        site.page("/docs/", prose("front"))
        list_pages(site, "/docs/sitemap.xml", "/docs/listed")
        site.page("/docs/listed", prose("listed"))
        site.fail("/docs/sitemap.xml", 503, times=2)

        assert crawl(site).pages == ["/docs/", "/docs/listed"]
        assert site.hits("/docs/sitemap.xml") == 3


@pytest.mark.parametrize(
    ("robots", "concurrency"), [("User-agent: *\nCrawl-delay: 0.01", 10), ("", 3)],
    ids=["a site that wants pauses", "few places"],
)  # fmt: skip
def test_nothing_is_asked_for_ahead_where_it_would_be_too_much_at_once(
    robots: str, concurrency: int
) -> None:
    with Site() as site:
        site.text("/robots.txt", robots)
        site.page("/docs/", prose("front"), latency=0.2)
        list_pages(site, "/docs/sitemap.xml", "/docs/listed")
        site.page("/docs/listed", prose("listed"))

        found = crawl(site, limits=within(concurrency=concurrency))
        assert found.pages == ["/docs/", "/docs/listed"]
        assert site.targets()[:2] == ["/robots.txt", "/docs/"]
        assert site.most_at_once <= concurrency


def test_a_job_of_one_page_asks_for_no_lists() -> None:
    with Site() as site:
        site.page("/docs/", prose("front"))
        crawl(site, max_pages=1)
        assert site.targets() == ["/robots.txt", "/docs/"]


def test_requests_for_lists_end_with_a_start_page_that_cannot_be_had() -> None:
    with Site() as site:
        site.on("/docs/sitemap.xml", lambda _: Answer(latency=600))
        site.fail("/docs/", 404)
        with pytest.raises(Exception, match="404"):
            crawl(site)
