"""When do two URLs mean the same page, and which URLs does a pattern mean?

Three forms of a URL: `canonical` is what may be fetched (parsed once, by the WHATWG rules, and
never by another parser again); `clean` is that without tracking and session noise; `fold` is
a key that is equal for all spellings of one page.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import ada_url

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 8192  # characters looked at; what may be visited is shorter (Limits.url_length)

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
_AUTHORITY = re.compile(r"(?:(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):)?//(?P<authority>[^/?#]*)")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_IN_AUTHORITY = re.compile(r"[@%\s]")
_PARTS = re.compile(
    r"(?P<origin>(?P<name>https?://(?:\[[0-9a-f:.]+\]|[^/?#@:\[\]]*[^/?#@:\[\].]))(?P<dots>\.*)"
    r"(?P<port>:\d+)?)(?P<path>/[^?#]*)(?:\?(?P<query>[^#]*))?"
)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sessionid|sid)=[^/;?]*", re.IGNORECASE)
_INDEX = re.compile(  # but an `Index.html` beside it is a book's index
    r"/(?-i:(?!Index\.x?html?$))(?:index|default)\.(?:x?html?|php\d?|aspx?|jsp)$", re.IGNORECASE
)
_SLASHES = re.compile(r"/{2,}")
_APACHE_SORT = re.compile(r"C=[NMSD][;&]O=[AD]")
_NOISE = re.compile(
    # campaigns and trackers
    r"(?:(?:utm|pk|mtm|hsa|matomo|piwik|vero|oly)_\w+|(?:g|fb|ms|y|d|tw|li_fat_|wbra|gbra)cl(?:k)?id"
    r"|igshid|mc_[ce]id|_ga|_gl|_hs(?:enc|mi)|trk|spm|cmpid|campaign_id|ref|referrer|ref_src"
    # sessions
    r"|(?:php|j|asp)sess(?:ion)?id\w*|sid|sess|session|session_?id|sess_?id|osCsid|zenid|cfid|cftoken"
    # the same page in another order, for paper, with marks, past the cache
    r"|sort|sort_?by|order|order_?by|sort_?dir|sort_?order|print|printable|print_view|highlight"
    r"|replytocom|share|nocache|cache_?bust(?:er)?|cb|ts|timestamp|_)",
    re.IGNORECASE,
)


class BadUrl(ValueError):
    """The text is no URL that may be fetched."""


def canonical(text: str, base: str | None = None) -> str:
    """Give the one form in which a URL may be fetched: absolute http(s), no fragment.

    `base` is a canonical URL that `text` may be relative to.

    Raises:
        BadUrl: Not http(s), with credentials, or disguised. Do not fetch it.
    """
    text = text.strip(" \t\r\n\f")
    if len(text) > LONGEST or _UNSAFE.search(text):
        raise BadUrl("too long, or holds control characters or backslashes")
    _check_authority(text, relative_allowed=base is not None)
    try:
        parsed = ada_url.join_url(base, text) if base is not None else ada_url.normalize_url(text)
    except ValueError as exc:
        raise BadUrl("not a URL") from exc
    parts = _PARTS.match(parsed)
    if parts is None:
        raise BadUrl("not http or https, with credentials, or without a host")
    href = parsed.partition("#")[0]
    if parts["dots"]:
        # `example.org.` is `example.org`, for certificates and for us.
        return canonical(f"{parts['name']}{parts['port'] or ''}{href[parts.end('origin') :]}")
    return _tidy_escapes(href) if "%" in href else href


def _check_authority(text: str, *, relative_allowed: bool) -> None:
    found = _AUTHORITY.match(text)
    if found:
        if not found["authority"] or _IN_AUTHORITY.search(found["authority"]):
            raise BadUrl("no host, or a disguised one")
    elif not relative_allowed or _SCHEME.match(text):
        raise BadUrl("not an http or https URL")


def _tidy_escapes(href: str) -> str:
    def tidy(found: re.Match[str]) -> str:
        character = chr(int(found[1], 16))
        return character if character in _UNRESERVED else found[0].upper()

    # No dot segment can appear by this: WHATWG parsing has taken `%2e%2e` for `..` already.
    return _ESCAPE.sub(tidy, href)


def split(url: str) -> tuple[str, str, str]:
    """Split a canonical URL into origin, path and query (without the question mark)."""
    parts = _PARTS.match(url)
    if parts is None:
        raise BadUrl("not a canonical URL")
    return parts["origin"], parts["path"], parts["query"] or ""


def clean(url: str) -> str:
    """Drop tracking, session and sorting noise from a canonical URL."""
    if "?" not in url and ";" not in url:
        return url
    origin, path, query = split(url)
    path = _SESSION_PATH.sub("", path)
    if _APACHE_SORT.fullmatch(query):
        query = ""
    kept = [part for part in query.split("&") if part and not _is_noise(part)]
    return f"{origin}{path}?{'&'.join(kept)}" if kept else f"{origin}{path}"


def _is_noise(parameter: str) -> bool:
    return _NOISE.fullmatch(parameter.partition("=")[0]) is not None


def fold(url: str) -> str:
    """Give the key that all spellings of one page share.

    Equal for a trailing slash or none, an index file or none, doubled slashes, parameters in
    any order, noise or none. The key itself is not meant to be fetched.
    """
    origin, path, query = split(clean(url))
    path = _INDEX.sub("/", _SLASHES.sub("/", path)).rstrip("/") or "/"
    if not query:
        return f"{origin}{path}"
    return f"{origin}{path}?{'&'.join(sorted(query.split('&')))}"


def directory(url: str) -> str:
    """Give the folder part of a canonical URL's path, with its slash."""
    path = split(url)[1]
    return path[: path.rindex("/") + 1]


class Globs:
    """Patterns over the path: `*` also crosses slashes, `/**/` also means `/`.

    `/docs/api` means that page and everything below; a pattern without a leading slash may
    begin at any folder.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        expressions = [
            fnmatch.translate(variant)
            for pattern in patterns
            if pattern.strip()
            for variant in _variants(pattern.strip())
        ]
        self._expression = re.compile("|".join(expressions)) if expressions else None

    def __bool__(self) -> bool:
        return self._expression is not None

    def match(self, path: str) -> bool:
        """Say whether any pattern means the path, escaped or not."""
        if self._expression is None:
            return False
        return bool(self._expression.match(path) or self._expression.match(unquote(path)))


def _variants(pattern: str) -> set[str]:
    rooted = {pattern} if pattern.startswith(("/", "*")) else {f"/{pattern}", f"*/{pattern}"}
    variants = rooted | {glob.replace("/**/", "/") for glob in rooted}
    if not any(character in pattern for character in "*?["):
        variants |= {f"{glob.rstrip('/')}/*" for glob in rooted}
    elif pattern.endswith(("/**", "/*")):
        variants |= {glob.rstrip("*").rstrip("/") for glob in variants} - {""}
    return variants
