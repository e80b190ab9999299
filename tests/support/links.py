"""Which links of a finished bundle lead nowhere? Looks at files and anchors, as a reader would."""

import json
import posixpath
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from docgen.anchors import Slugs
from docgen.writers.syntax import Node, parse
from selectolax.lexbor import LexborHTMLParser

FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


def broken_links(directory: Path) -> list[str]:
    """Describe each link inside the Markdown and HTML trees that has no file or no anchor."""
    found = []
    for folder, read in (("markdown", read_markdown), ("html", read_html)):
        found += broken_in(directory / folder, read)
    return found


def broken_in(root: Path, read) -> list[str]:
    """Check one tree; `read` gives a file's links and the anchors it has."""
    read = cache(read)
    found = []
    for path in sorted(root.rglob("*")):
        if path.suffix not in {".md", ".html"}:
            continue
        for link in read(path)[0]:
            problem = problem_of(root, path, link, read)
            if problem:
                found.append(f"{path.relative_to(root)}: {link}: {problem}")
    return found


def problem_of(root: Path, path: Path, link: str, read) -> str | None:
    """Say what is wrong with a link; None if nothing is, or it leads out of the bundle."""
    address, anchor = urldefrag(link)
    if urlsplit(address).scheme or address.startswith("//"):
        return None
    if address.startswith("/"):
        return "absolute path"
    inside = posixpath.normpath(posixpath.join(path.parent.as_posix(), unquote(address)))
    target = Path(inside) if address else path
    if not target.is_relative_to(root):
        return "leaves the folder"
    if not target.is_file():
        return "no such file"
    if anchor and target.suffix in {".md", ".html"} and unquote(anchor) not in read(target)[1]:
        return "no such anchor"
    return None


def read_html(path: Path) -> tuple[list[str], set[str]]:
    """Read the links and ids of an HTML file."""
    tree = LexborHTMLParser(path.read_bytes())
    links = [
        node.attributes.get(name) or ""
        for name in ("href", "src")
        for node in tree.css(f"[{name}]")
    ]
    return links, {node.attributes["id"] or "" for node in tree.css("[id]")}


def read_markdown(path: Path) -> tuple[list[str], set[str]]:
    """Read the links and the anchors GitHub would make of a Markdown file."""
    text = path.read_text("utf-8")
    front = FRONT_MATTER.match(text)
    links = []
    if front:
        fields = dict(line.split(": ", 1) for line in front[1].splitlines())
        links = [json.loads(fields[name]) for name in ("previous", "next") if name in fields]
        text = text[front.end() :]
    slugs, anchors = Slugs(), set()
    for node in parse(text).walk():
        if node.kind == "heading":
            anchors.add(slugs.make(clean(node)))
        elif node.kind in {"link", "image"}:
            links.append(node.text)
    return links, anchors


def clean(node: Node) -> str:
    """The text of a heading."""
    return " ".join(node.plain().split())
