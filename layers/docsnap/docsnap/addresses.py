"""Which URLs and IP addresses may be reached on behalf of a stranger?

Two questions, asked at two moments. `canonical_url` judges text when it is handed in, without
looking any name up. An address rule judges the IP address that is about to be dialled, on every
connection: only that answer counts against names that resolve to something private.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import ada_url

from docsnap.errors import InvalidUrl

type Address = IPv4Address | IPv6Address
type AddressRule = Callable[[Address], bool]

MAX_URL_LENGTH = 2048  # characters, before and after normalising
WEB_PORTS = frozenset({80, 443, 3000, 4000, 5000, 8000, 8008, 8080, 8081, 8443, 8888})

# `is_global` lets these through: protocol assignments, relays, and the Azure platform address.
_NOT_PUBLIC_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
    )
)
_GLOBAL_UNICAST_IPV6 = IPv6Network("2000::/3")
# Teredo, 6to4, ORCHID, documentation and AS112. Outside 2000::/3 lie the other forms that wrap an
# IPv4 address (mapped, compatible, SIIT, NAT64): none is unwrapped, all are refused.
_NOT_PUBLIC_IPV6 = tuple(
    IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_PRIVATE = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv6Network("::1/128"),
    IPv6Network("fc00::/7"),
)

# Names that the public DNS does not answer, and that a private one might.
_PRIVATE_TOP_LEVELS = {"arpa", "corp", "home", "internal", "intranet", "lan"}
_PRIVATE_TOP_LEVELS |= {"local", "localdomain", "localhost", "onion", "private"}

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#:\[\]]+|\[[^/?#\[\]]+\])(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
# Control characters and blanks (which parsers drop or stop at), and the backslash (which some read
# as a slash). Anywhere in the text: parsers disagree about where the host ends.
_FORBIDDEN = re.compile(
    r"[\x00-\x20\x7f-\xa0\\\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000"
    r"\ud800-\udfff\ufeff\ufff0-\uffff]"
)
_NAME = re.compile(r"(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def is_public_address(address: Address) -> bool:
    """Tell whether the address is one of the public Internet.

    Stricter than `is_global`, which lets through multicast, several special blocks and most of
    the IPv6 forms that wrap an IPv4 address.
    """
    if isinstance(address, IPv4Address):
        special = address.is_multicast or address.is_reserved
        return address.is_global and not special and not _is_in(address, _NOT_PUBLIC_IPV4)
    return (
        address.scope_id is None
        and address in _GLOBAL_UNICAST_IPV6
        and address.is_global
        and not _is_in(address, _NOT_PUBLIC_IPV6)
    )


def is_public_or_private_address(address: Address) -> bool:
    """Allow loopback and private networks too; still no link-local (cloud metadata) address."""
    return is_public_address(address) or _is_in(address, _PRIVATE)


def address_rule(*, private_networks: bool) -> AddressRule:
    """Choose the rule that every dialled address is held against."""
    return is_public_or_private_address if private_networks else is_public_address


def canonical_url(text: str, *, private_networks: bool = False) -> str:
    """Normalise the URL of a public web page.

    Scheme and host in lower case, international names in their ASCII form, dot segments resolved,
    escapes uniform; the default port, the fragment and the dot after the host are dropped. Applied
    to its own result, it changes nothing.

    What parsers are known to disagree about is refused before any parser sees it: user names,
    escapes in the host, backslashes, control characters, numbers that disguise an IPv4 address.
    With `private_networks`, hosts of private networks and any port are allowed.

    Raises:
        InvalidUrl: One reason for everything, so that the answer is no map of our network.
    """
    parts = None if len(text) > MAX_URL_LENGTH or _FORBIDDEN.search(text) else _URL.fullmatch(text)
    if parts is None or not _is_plain(parts["host"]):
        raise InvalidUrl
    try:
        href = _normal(text, parts["host"], private_networks=private_networks)
    except ValueError as exc:
        raise InvalidUrl from exc
    if len(href) > MAX_URL_LENGTH:
        raise InvalidUrl
    return href


def _normal(text: str, host: str, *, private_networks: bool) -> str:
    """Parse and put together again. Raises ValueError for whatever may not be."""
    url = ada_url.URL(text)
    url.hostname = url.hostname.removesuffix(".")
    written = host.lower().removesuffix(".")
    if not _may_be_named(url, written, private_networks=private_networks):
        raise ValueError("not public")
    url.hash = ""
    if not url.search:
        url.search = ""  # drops a lone question mark
    href = _ESCAPE.sub(_normal_escape, url.href)
    if ada_url.URL(href).href != href:
        raise ValueError("no canonical form")
    return href


def _is_plain(host: str) -> bool:
    return not any(sign in host for sign in ("@", "%", "..")) and not host.startswith(".")


def _may_be_named(url: ada_url.URL, written: str, *, private_networks: bool) -> bool:
    """Judge port and host of a parsed URL; `written` is the host as the caller spelled it."""
    port = int(url.port) if url.port else None
    if port is not None and not private_networks and port not in WEB_PORTS:
        return False
    if port == 0:
        return False
    host = url.hostname
    if url.host_type == ada_url.HostType.DEFAULT:
        return _is_allowed_name(host, private_networks=private_networks)
    if url.host_type == ada_url.HostType.IPV4 and host != written:
        return False  # decimal, octal, hexadecimal, short or full-width
    return address_rule(private_networks=private_networks)(ip_address(host.strip("[]")))


def _is_allowed_name(host: str, *, private_networks: bool) -> bool:
    if len(host) > 253 or not _NAME.fullmatch(host):
        return False
    *parents, top_level = host.split(".")
    return private_networks or (bool(parents) and top_level not in _PRIVATE_TOP_LEVELS)


def _normal_escape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _is_in(address: Address, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(address in network for network in networks)
