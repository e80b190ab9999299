"""How URL libraries read a text: which host each of them would ask for."""

import socket
import unicodedata
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, ip_address
from urllib.parse import unquote, urlsplit

import ada_url
import httpx2
import urllib3
import yarl
from docsnap.addresses import is_public_address
from hypothesis import strategies as st

from tests.unit.docsnap import url_cases

READERS: dict[str, Callable[[str], str | None]] = {
    "ada-url": lambda text: ada_url.URL(text).hostname,
    "httpx2": lambda text: httpx2.URL(text).raw_host.decode(),
    "urllib": lambda text: urlsplit(text).hostname,
    "urllib3": lambda text: urllib3.util.parse_url(text).host,
    "yarl": lambda text: yarl.URL(text).raw_host,
}


def hosts(text: str) -> Iterator[tuple[str, str]]:
    for name, read in READERS.items():
        try:
            host = read(text)
        except (
            ValueError,
            TypeError,
            IndexError,
            httpx2.InvalidURL,
            urllib3.exceptions.LocationParseError,
        ):
            continue
        if host:
            yield name, host


def is_private(host: str) -> bool:
    """Whether any resolver would take the host, in any notation, for an address not public."""
    plain = unicodedata.normalize("NFKC", unquote(host)).replace("。", ".").strip("[].").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return True
    try:
        return not is_public_address(ip_address(plain))
    except ValueError:
        pass
    try:
        return not is_public_address(IPv4Address(socket.inet_aton(plain)))
    except (OSError, ValueError):
        return False


PUBLIC_HOSTS = ("example.com", "93.184.216.34", "[2606:4700:4700::1111]", "bücher.example.com")
PRIVATE_HOSTS = (*url_cases.DISGUISES, *map(url_cases.literal, url_cases.PRIVATE_ADDRESSES))
SCHEMES = (
    "HTTP://",
    "http:",
    "http:/",
    "http:///",
    "http:\\\\",
    "//",
    " http://",
    "ftp://",
    "ht\ntp://",
)
GLUE = (
    *("@", ":80@", "\\@", "\\", "/", "//", "#", "#@", "?", "?@", ";", ",", "&@", " ", "\t", "\n"),
    *("\r\n", "\x00", "%00", "%40", "%2f", "%5c", "%23", "%3f", "\u3002", "\uff20", "\uff0f"),
    *("\u2044", "\u00ad", "\u200b", "\u200d", ".", "..", ":", "[", "]", "-", "_", "x", "1"),
)
PORTS = (":80", ":443", ":8080", ":22", ":", ":0", ":+80", ":٨٠")
TAILS = (
    "/",
    "/docs",
    "?q=1",
    "#x",
    "/@127.0.0.1",
    "/..//127.0.0.1/",
    "/%2e%2e/ü",
    "?a=//b@c",
    "/\\x",
)


def urls() -> st.SearchStrategy[str]:
    """Texts put together from what has fooled parsers before, most of them with one oddity."""
    return st.builds(
        lambda *parts: "".join(parts),
        _mostly("http://", SCHEMES) | _mostly("https://", SCHEMES),
        _mostly("", GLUE),
        st.sampled_from(PUBLIC_HOSTS) | st.sampled_from(PRIVATE_HOSTS),
        _mostly("", GLUE),
        _mostly("", PUBLIC_HOSTS + PRIVATE_HOSTS),
        _mostly("", PORTS),
        _mostly("/", TAILS),
    )


def _mostly(usual: str, unusual: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.integers(0, 9).flatmap(
        lambda n: st.sampled_from(unusual) if n == 9 else st.just(usual)
    )
