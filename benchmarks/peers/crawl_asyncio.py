"""The least that somebody would write by hand: httpx, ten at once, html-to-markdown."""

import asyncio
import json
import sys
from urllib.parse import urldefrag, urljoin

import httpx
from html_to_markdown import convert
from selectolax.lexbor import LexborHTMLParser

START, PAGES = sys.argv[1], int(sys.argv[2])
SITE = START.rpartition("/")[0] + "/"


async def main() -> int:
    """Crawl, and count the pages."""
    waiting, seen, done = [START], {START}, 0
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=10)) as client:

        async def visit(url: str) -> list[str]:
            html = (await client.get(url)).text
            convert(html)
            links = LexborHTMLParser(html).css("a[href]")
            return [urldefrag(urljoin(url, a.attributes["href"] or "")).url for a in links]

        under_way: set[asyncio.Task[list[str]]] = set()
        while (waiting or under_way) and done < PAGES:
            while waiting and len(under_way) < 10 and done + len(under_way) < PAGES:
                under_way.add(asyncio.create_task(visit(waiting.pop(0))))
            finished, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                done += 1
                for link in task.result():
                    if link.startswith(SITE) and link.endswith(".html") and link not in seen:
                        seen.add(link)
                        waiting.append(link)
    return done


print(json.dumps({"pages": asyncio.run(main())}))
