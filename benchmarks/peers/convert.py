"""One converter over given pages: `python convert.py NAME PAGES.json OUT.json ROUNDS`."""

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

type Convert = Callable[[str, str], str]


def docsnap(pages: list[tuple[str, str]]) -> Convert:
    """The engine, and what it learns from the pages of the site."""
    from docgen.extract import SiteModel, convert

    model = SiteModel()
    for url, html in pages:
        model.learn(html, url)
    model.freeze()
    return lambda url, html: convert(html, url, model).markdown


def selectolax(_: list[tuple[str, str]]) -> Convert:
    """The floor: nothing but reading the HTML."""
    from selectolax.lexbor import LexborHTMLParser

    return lambda _url, html: str(LexborHTMLParser(html).root is None)


def markitdown(_: list[tuple[str, str]]) -> Convert:
    """Microsoft's, for its HTML part."""
    from io import BytesIO

    from markitdown import MarkItDown, StreamInfo

    tool = MarkItDown(enable_plugins=False)
    kind = StreamInfo(mimetype="text/html", extension=".html", charset="utf-8")
    return lambda _url, html: tool.convert_stream(BytesIO(html.encode()), stream_info=kind).markdown


def readability(_: list[tuple[str, str]]) -> Convert:
    """Readability finds the content, markdownify writes it."""
    from markdownify import markdownify
    from readability import Document

    return lambda _url, html: str(markdownify(Document(html).summary()))


SIMPLE: dict[str, tuple[str, Callable[[Any, str], object]]] = {
    "html-to-markdown": ("html_to_markdown", lambda m, html: m.convert(html).content),
    "markdownify": ("markdownify", lambda m, html: m.markdownify(html)),
    "html2text": ("html2text", lambda m, html: m.html2text(html)),
    "trafilatura": ("trafilatura", lambda m, html: m.extract(html, output_format="markdown")),
}
OTHERS: dict[str, Callable[[list[tuple[str, str]]], Convert]] = {
    "docsnap": docsnap,
    "selectolax": selectolax,
    "markitdown": markitdown,
    "readability": readability,
}


def prepare(name: str, pages: list[tuple[str, str]]) -> Convert:
    """Give what converts; DocSnap's learning is part of its time."""
    if name in OTHERS:
        return OTHERS[name](pages)
    module, call = SIMPLE[name]
    loaded = importlib.import_module(module)
    return lambda _url, html: str(call(loaded, html) or "")


def main(name: str, source: str, target: str, times: str) -> None:
    """Convert, several times, and write down how long it took and what came of it."""
    pages = [(url, html) for url, html in json.loads(Path(source).read_text())]
    seconds, made = [], []
    for _ in range(int(times) + 1):
        gc.collect()
        began = time.process_time()
        convert = prepare(name, pages)
        made = [convert(url, html) for url, html in pages]
        seconds.append(time.process_time() - began)
    Path(target).write_text(json.dumps({"seconds": seconds[1:], "markdown": made}))


main(*sys.argv[1:])
