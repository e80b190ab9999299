"""Pages for the extraction, and what comes out of them."""

import re
from collections.abc import Iterable

from docgen.extract import Document, SiteModel, convert

URL = "https://docs.example/guide/page.html"
_TARGET = re.compile("\ue000([^\ue001]*)\ue001")


def document_of(body: str, *, head: str = "", url: str = URL, lang: str = "en") -> Document:
    """Convert a page with this body."""
    return convert(a_page(body, head=head, lang=lang), url)


def markdown_of(body: str) -> str:
    """Convert a page with this body; links without their wrapping."""
    return _TARGET.sub(r"\1", document_of(body).markdown)


def a_page(body: str, *, head: str = "<title>Page</title>", lang: str = "en") -> str:
    return f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{body}</body></html>'


def a_model(pages: Iterable[str]) -> SiteModel:
    """A model of the site that these pages make up."""
    model = SiteModel()
    for number, page in enumerate(pages):
        model.learn(page, f"https://docs.example/{number}.html")
    model.freeze()
    return model
