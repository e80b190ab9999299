"""Crawlee with BeautifulSoup, ten requests at once, and html-to-markdown."""

import asyncio
import json
import logging
import sys
from datetime import timedelta

from crawlee import ConcurrencySettings
from crawlee.configuration import Configuration
from crawlee.crawlers import BeautifulSoupCrawler, BeautifulSoupCrawlingContext
from crawlee.storage_clients import MemoryStorageClient
from html_to_markdown import convert

START, PAGES = sys.argv[1], int(sys.argv[2])


async def main() -> int:
    """Crawl, and count the pages."""
    done = 0
    crawler = BeautifulSoupCrawler(
        max_requests_per_crawl=PAGES,
        concurrency_settings=ConcurrencySettings(
            min_concurrency=10, desired_concurrency=10, max_concurrency=10
        ),
        configuration=Configuration(log_level="ERROR"),
        storage_client=MemoryStorageClient(),
        statistics_log_format="inline",
        request_handler_timeout=timedelta(minutes=2),
    )

    @crawler.router.default_handler
    async def visit(context: BeautifulSoupCrawlingContext) -> None:
        nonlocal done
        done += 1
        convert((await context.http_response.read()).decode())
        await context.enqueue_links()

    logging.disable(logging.CRITICAL)
    await crawler.run([START])
    return done


print(json.dumps({"pages": asyncio.run(main())}))
