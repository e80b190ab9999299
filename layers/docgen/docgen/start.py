"""Where does the site begin? The start page, and the scope and rules that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docgen import robots, urls
from docgen.complexity import is_too_complex
from docgen.copies import VERSION, is_locale
from docgen.errors import AddressRefused, NoUsableContent, RobotsForbid, TooManyRedirects
from docgen.fetch import NOT_MODIFIED, Response, error_of, get_patiently
from docgen.frontier import Scope
from docgen.intake import is_html, is_wanted, text_of
from docgen.scan import Scan, scan
from docgen.store import Store

if TYPE_CHECKING:
    from docgen.ahead import Ahead
    from docgen.fetch import Fetcher
    from docgen.options import Limits, Options
    from docgen.robots import Robots

SOME = 0.1
NEARLY_ALL = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The start page as it was found."""

    response: Response
    """Of the last hop; its `hops` are all of them, meta refreshes included."""
    html: str
    scan: Scan
    scope: Scope
    robots: Robots


async def begin(
    url: str, options: Options, limits: Limits, fetcher: Fetcher, store: Store, ahead: Ahead
) -> Start:
    """Fetch the start page, through redirects of every kind, and fix the scope by it.

    What is to be read besides is asked for meanwhile.

    Raises:
        GenerateError: There is no page to begin with.
    """
    try:
        current = asked = urls.canonical(url)
    except urls.BadUrl as exc:
        raise AddressRefused("This is no URL of a public web page.") from exc
    search = _Search(limits, fetcher, store)
    await search.check(current)
    if options.max_pages > 1:
        ahead.ask(search.robots, current)
    hops: list[str] = []
    for _ in range(limits.redirects + 1):
        response, html = await search.visit(current)
        hops += response.hops
        found = scan(html, response.final_url, most_links=limits.links_per_page)
        if found.refresh is None or found.refresh in hops or found.refresh == response.final_url:
            final = Response(
                url=url,
                final_url=response.final_url,
                hops=tuple(hops),
                status=response.status,
                headers=response.headers,
                body=response.body,
                is_cut=False,
                seconds=response.seconds,
            )
            return Start(
                response=final,
                html=html,
                scan=found,
                robots=search.robots,
                scope=make_scope(_folder(asked, final.final_url, found), options),
            )
        hops.append(response.final_url)
        current = found.refresh
    raise TooManyRedirects


class _Search:
    """The way from the URL given to the page meant; knows the rules of where it is."""

    def __init__(self, limits: Limits, fetcher: Fetcher, store: Store) -> None:
        self._limits = limits
        self._fetcher = fetcher
        self._store = store
        self._rules: dict[str, Robots] = {}
        self.robots: Robots

    async def check(self, url: str) -> None:
        """Ask the robots.txt of the URL's origin."""
        origin = urls.split(url)[0]
        if origin not in self._rules:
            self._rules[origin] = await robots.load(self._fetcher, origin, self._limits)
        self.robots = self._rules[origin]
        if not self.robots.allows(url):
            raise RobotsForbid

    async def visit(self, url: str) -> tuple[Response, str]:
        await self.check(url)
        key = urls.fold(url)
        kept = self._store.find_page(key)
        validators = self._store.validators(key)
        response = await get_patiently(
            self._fetcher,
            url,
            self._limits,
            most_bytes=self._limits.page_bytes,
            validators=validators,
            check_hop=self.check,
            wanted=is_wanted,
        )
        if error := error_of(response):
            raise error
        if response.status == NOT_MODIFIED and kept is not None:
            return response, kept.html.decode()
        if not is_html(response):
            raise _no_page(response)
        html = text_of(response)
        if is_too_complex(html):
            raise NoUsableContent("The page is built too deeply to be read.")
        return response, html


def _no_page(response: Response) -> NoUsableContent:
    if response.media_type == "application/pdf" or response.body.startswith(b"%PDF"):
        return NoUsableContent("This URL leads to a PDF file, not to a web page.")
    kind = response.media_type or "an unknown type"
    return NoUsableContent(f"This URL leads to a file ({kind}), not to a web page.")


def make_scope(folder: str, options: Options) -> Scope:
    """Put the folder and the user's globs together."""
    return Scope(
        folder=folder, include=urls.Globs(options.include), exclude=urls.Globs(options.exclude)
    )


def _folder(asked: str, url: str, found: Scan) -> str:
    """Find the folder of the start page, which was asked for by another URL maybe."""
    links = list(found.links())
    folder = _own_folder(url, links)
    wider = _folder_asked_for(asked, url)
    if wider is not None and _share(links, folder, wider) < NEARLY_ALL:
        return wider
    return folder


def _own_folder(url: str, links: list[str]) -> str:
    """Find the folder of a page.

    `/docs` without a slash may be a page of `/` or the front page of `/docs/`: its links tell.
    """
    origin, path, _ = urls.split(url)
    folder = f"{origin}{urls.directory(url)}"
    name = path.rpartition("/")[2]
    if name and ("." not in name or VERSION.fullmatch(name)):
        within = f"{origin}{path}/"
        if _share(links, within, folder) >= SOME:
            return within
    return folder


def _folder_asked_for(asked: str, url: str) -> str | None:
    """Find the folder that was asked for, if its front page only sends on to a page within.

    `/docs/` often leads to `/docs/start/intro`, and all of `/docs/` is meant. Where it leads to
    `/docs/en/2.0/start/intro`, that language and version are meant.
    """
    (origin, path, _), folder = urls.split(url), urls.split(urls.fold(asked))[1].rstrip("/") + "/"
    if not path.startswith(folder) or not _is_same_host(asked, url):
        return None
    for segment in path[len(folder) :].split("/"):
        if not is_locale(segment) and VERSION.fullmatch(segment) is None:
            break
        folder += f"{segment}/"
    return f"{origin}{folder}"


def _is_same_host(one: str, other: str) -> bool:
    hosts = {urls.split(url)[0].partition("://")[2].removeprefix("www.") for url in (one, other)}
    return len(hosts) == 1


def _share(links: list[str], part: str, whole: str) -> float:
    near = [link for link in links if link.startswith(whole)]
    return sum(link.startswith(part) for link in near) / len(near) if near else 0.0
