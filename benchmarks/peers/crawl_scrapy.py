"""Scrapy with its usual settings but ten requests at once, and html-to-markdown."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from html_to_markdown import convert
from scrapy import Spider
from scrapy.crawler import CrawlerProcess

START, PAGES = sys.argv[1], int(sys.argv[2])
SITE = START.rpartition("/")[0] + "/"
done = 0


class Pages(Spider):
    """Follows the links of the site."""

    name = "pages"
    start_urls = (START,)

    def parse(self, response: Any) -> Iterator[Any]:
        """Convert a page, and go on with its links."""
        global done
        if done >= PAGES:
            return
        done += 1
        convert(response.text)
        for link in response.css("a::attr(href)").getall():
            url = response.urljoin(link).partition("#")[0]
            if url.startswith(SITE) and url.endswith(".html"):
                yield response.follow(url, self.parse)


process = CrawlerProcess(
    {
        "CONCURRENT_REQUESTS": 10,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 10,
        "DOWNLOAD_DELAY": 0,
        "CLOSESPIDER_PAGECOUNT": PAGES,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
    }
)
process.crawl(Pages)
process.start()
print(json.dumps({"pages": done}))
