# ruff: noqa: RUF001 - characters that look like others are what is tested here
"""URLs, names and addresses, and whether a connection may come of them.

Data for two judges: `canonical_url`, which sees the text alone, and the crawler's transport, which
sees the address that is dialled.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

PUBLIC_IPV4 = "93.184.216.34"
PUBLIC_IPV6 = "2606:2800:220:1:248:1893:25c8:1946"

PUBLIC_ADDRESSES = (
    *(PUBLIC_IPV4, PUBLIC_IPV6, "1.1.1.1", "8.8.8.8", "9.9.9.9", "11.0.0.1", "100.63.255.255"),
    *("100.128.0.1", "126.255.255.255", "128.0.0.1", "169.253.255.255", "169.255.0.0"),
    *("172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255"),
    *("198.20.0.0", "203.0.112.255", "223.255.255.254", "168.63.129.15", "192.0.1.0"),
    *("2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:200::1", "2400:cb00::1"),
    *("2001:4860:4860::8888", "2620:0:860:2::1", "2003::1"),
)

PRIVATE_ADDRESSES = (
    # this machine, this network
    *("127.0.0.1", "127.0.0.2", "127.255.255.255", "0.0.0.0", "0.1.2.3", "::1", "::"),
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1"),
    *("192.168.255.255", "fc00::1", "fd12:3456:789a::1", "fec0::1", "100.64.0.1"),
    *("100.100.100.200", "100.127.255.255", "fe80::1", "febf::1"),
    # the cloud, and Lambda
    *("169.254.169.254", "169.254.170.2", "169.254.100.1", "169.254.79.129", "169.254.0.1"),
    *("fd00:ec2::254", "fd20:ce::254", "168.63.129.16"),
    # documentation, benchmarks, protocols, relays
    *("192.0.0.1", "192.0.0.9", "192.0.0.10", "192.0.0.192", "192.0.2.1", "198.51.100.1"),
    *("203.0.113.1", "198.18.0.1", "198.19.255.255", "192.88.99.1", "192.31.196.1"),
    *("192.52.193.1", "192.175.48.1", "2001:db8::1", "3fff::1", "5f00::1", "100::1"),
    *("2620:4f:8000::1", "2001:20::1", "2001:3::1", "2001:2::1", "2001:10::1"),
    # many at once, or nobody
    *("224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1", "240.0.0.1", "255.255.255.255"),
    # IPv4 within IPv6: mapped, compatible, SIIT, NAT64 (both prefixes), 6to4, Teredo
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::ffff:8.8.8.8"),
    *("::127.0.0.1", "::8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1"),
    *("64:ff9b::169.254.169.254", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    *("2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
)

DISGUISES = (
    *("2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "0x7f.1", "0177.0.0.1"),
    *("0177.0.0.01", "0x7f.0x0.0x0.0x1", "127.0.0.0x1", "127.000.000.001", "0X7F.0.0.1"),
    *("\uff11\uff12\uff17.\uff10.\uff10.\uff11", "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1"),
    *("𝟏𝟐𝟕.𝟎.𝟎.𝟏", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "127.0.0.1.", "127.0.0.1..", "0", "0."),
    *("0x0", "0.0.0.0", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"),
    *("169.16689662", "0xa9.0xfe.0xa9.0xfe", "3232235521", "10.1", "0xa000001", "192.168.1"),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("[::ffff:a9fe:a9fe]", "[::7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1%25lo]"),
    *("[fe80::1%eth0]", "[::1%lo]", "[::1%2525]", "[fd00:ec2::254]", "[0000::0001]", "[::0.0.0.1]"),
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "ⓛocalhost", "localhost.localdomain"),
    *("ip6-localhost", "loopback", "metadata", "metadata.google.internal", "printer.local"),
    *("router.lan", "intranet", "wiki.corp", "1.0.0.127.in-addr.arpa", "db.home.arpa"),
    *(
        "kubernetes.default.svc.cluster.local",
        "expyuzz4wqqyqhjn.onion",
        "instance-data.ec2.internal",
    ),
)

MALFORMED = (
    *("", " ", "example.com", "//example.com/", "/docs", "http:", "http:/", "http://", "https://"),
    *("http:///", "http:///example.com", "http:example.com", "http:/example.com", "://example.com"),
    *("http://?", "http://#", "http://:80/", "http://.", "http://../", "http://.example.com/"),
    *("http://example..com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/"),
    *("javascript:alert(1)", "data:text/html,x", "ws://example.com/", "mailto:a@example.com"),
    *("dict://example.com:80/", "jar:http://example.com!/", "view-source:http://example.com/"),
    *("http+unix://%2fvar%2frun/", "unix:/var/run/docker.sock", "about:blank", "blob:x"),
    *("http://user@example.com/", "http://user:pass@example.com/", "http://@example.com/"),
    *("http://:@example.com/", "http://example.com@127.0.0.1/", "http://127.0.0.1@example.com/"),
    *("http://example.com%40127.0.0.1/", "http://example.com:80@127.0.0.1/"),
    *("http://example.com\\@127.0.0.1/", "http:\\\\127.0.0.1/", "http://127.0.0.1\\.example.com/"),
    *("http://example.com\\", "\\\\example.com\\x", "http:/\\127.0.0.1/", "http://ex%61mple.com/"),
    *("http://127.0.\t0.1/", "ht\ntp://127.0.0.1/", "http://example.com/\r\nHost: x"),
    *(
        " http://example.com/",
        "http://example.com/ ",
        "http://exa mple.com/",
        "http://example.com /",
    ),
    *(
        "http://example.com/\x00",
        "http://example.com\x00.evil.example/",
        "\ufeffhttp://example.com/",
    ),
    *("http://\u200bexample.com/", "http://example.com\u3000/", "http://example\u2024com\ud800/"),
    *(
        "http://[",
        "http://[]/",
        "http://[::1/",
        "http://::1/",
        "http://[::g]/",
        "http://[1.2.3.4]/",
    ),
    *("http://[v1.a]/", "http://[::1]x/", "http://x[::1]/", "http://[[::1]]/", "http://1.2.3.4.5/"),
    *("http://256.256.256.256/", "http://example.0x7f/", "http://1.2.3.08/", "http://example.1/"),
    *(
        "http://exa<mple.com/",
        "http://exa|mple.com/",
        "http://exa^mple.com/",
        "http://exa*mple.com/",
    ),
    *("http://example.com,127.0.0.1/", "http://example.com;127.0.0.1/", "http://{127.0.0.1}/"),
    *("http://$(id).example.com/", "http://`id`.example.com/", "http://'.example.com/"),
    f"http://{'a' * 64}.example.com/",
    f"http://{'a.' * 130}example.com/",
    f"http://example.com/{'a' * 2048}",
)

PORTS = (
    *("http://example.com:22/", "http://example.com:25/", "http://example.com:6379/"),
    *("http://example.com:9001/", "http://example.com:2375/", "http://example.com:0/"),
    *("http://example.com:65536/", "http://example.com:99999/", "http://example.com:-80/"),
    *("http://example.com:+80/", "http://example.com:8 0/", "http://example.com:٨٠/"),
    *("http://example.com:80:80/", "http://example.com:080080/", "http://example.com:0x50/"),
    *("https://93.184.216.34:11211/", "http://[2606:4700:4700::1111]:53/"),
)

ACCEPTED = {
    "http://example.com": "http://example.com/",
    "https://example.com/": "https://example.com/",
    "HTTPS://EXAMPLE.COM/Docs/": "https://example.com/Docs/",
    "http://example.com:80/": "http://example.com/",
    "https://example.com:443/": "https://example.com/",
    "http://example.com:443/": "http://example.com:443/",
    "http://example.com:/": "http://example.com/",
    "http://example.com:8080/a": "http://example.com:8080/a",
    "https://example.com:8443/a": "https://example.com:8443/a",
    "http://example.com:08000/a": "http://example.com:8000/a",
    "https://example.com./a": "https://example.com/a",
    "https://example.com#top": "https://example.com/",
    "https://example.com/a#top": "https://example.com/a",
    "https://example.com?": "https://example.com/",
    "https://example.com?q=1": "https://example.com/?q=1",
    "https://example.com/a/../b/./c": "https://example.com/b/c",
    "https://example.com/../../etc": "https://example.com/etc",
    "https://example.com/%2e%2e/b": "https://example.com/b",
    "https://example.com/%7Euser/%C3%BC": "https://example.com/~user/%C3%BC",
    "https://example.com/%7euser/%c3%bc": "https://example.com/~user/%C3%BC",
    "https://example.com/ü?q=ü": "https://example.com/%C3%BC?q=%C3%BC",
    "https://example.com/a%2Fb%20c": "https://example.com/a%2Fb%20c",
    "https://example.com/a%252e": "https://example.com/a%252e",
    "https://example.com/@user/b@c": "https://example.com/@user/b@c",
    "https://example.com/a:b": "https://example.com/a:b",
    "https://example.com//a//b": "https://example.com//a//b",
    "https://example.com/a?b=http://127.0.0.1/": "https://example.com/a?b=http://127.0.0.1/",
    "https://example.com/127.0.0.1": "https://example.com/127.0.0.1",
    "https://127.0.0.1.example.com/": "https://127.0.0.1.example.com/",
    "https://localhost.example.com/": "https://localhost.example.com/",
    "https://my_docs.example.com/": "https://my_docs.example.com/",
    "https://a-b.example.com/": "https://a-b.example.com/",
    "https://xn--bcher-kva.example.com/": "https://xn--bcher-kva.example.com/",
    "https://bücher.example.com/": "https://xn--bcher-kva.example.com/",
    "https://BÜCHER.example.com/": "https://xn--bcher-kva.example.com/",
    "https://faß.example.com/": "https://xn--fa-hia.example.com/",
    "https://例え.example.com/": "https://xn--r8jz45g.example.com/",
    "https://☃.example.com/": "https://xn--n3h.example.com/",
    "https://ｅｘａｍｐｌｅ.com/": "https://example.com/",
    "https://docs。example。com/": "https://docs.example.com/",
    "https://0xdeadbeef.example.com/": "https://0xdeadbeef.example.com/",
    "https://1.example.com/": "https://1.example.com/",
    "https://93.184.216.34/a": "https://93.184.216.34/a",
    "https://93.184.216.34./a": "https://93.184.216.34/a",
    "https://[2606:4700:4700::1111]/": "https://[2606:4700:4700::1111]/",
    "https://[2606:4700:4700:0:0:0:0:1111]:443/": "https://[2606:4700:4700::1111]/",
    "https://[2606:4700:4700::1111]:8443/": "https://[2606:4700:4700::1111]:8443/",
}


def literal(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def refused_urls() -> Iterator[str]:
    """Everything that `canonical_url` refuses."""
    for address in PRIVATE_ADDRESSES:
        yield f"http://{literal(address)}/"
    for host in DISGUISES:
        yield f"http://{host}/"
        yield f"https://{host}:8443/docs?x#y"
    yield from MALFORMED
    yield from PORTS


@dataclass(frozen=True)
class Names:
    """A name server of our own: what it answers to each lookup of a name, the last for good."""

    answers: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def answer(self, name: str, lookups: int) -> tuple[str, ...]:
        rounds = self.answers.get(name, ((),))
        return rounds[min(lookups, len(rounds) - 1)]


NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    # names of this machine and its networks, as their resolvers answer
    **dict.fromkeys(
        ("localhost", "a.localhost", "localhost.localdomain", "ip6-localhost", "loopback"),
        (("127.0.0.1", "::1"),),
    ),
    **dict.fromkeys(
        ("metadata", "metadata.google.internal", "instance-data.ec2.internal"),
        (("169.254.169.254",),),
    ),
    **dict.fromkeys(
        ("printer.local", "router.lan", "intranet", "wiki.corp", "db.home.arpa"),
        (("192.168.1.7",),),
    ),
    # public names of private addresses, one for each
    **{f"n{n}.rebind.example": ((address,),) for n, address in enumerate(PRIVATE_ADDRESSES)},
    **{f"n{n}.public.example": ((address,),) for n, address in enumerate(PUBLIC_ADDRESSES)},
    # some answers good, some not
    "mixed-last.example": ((PUBLIC_IPV4, "127.0.0.1"),),
    "mixed-first.example": (("169.254.169.254", PUBLIC_IPV4),),
    "mixed-families.example": ((PUBLIC_IPV4, "::1"),),
    "mixed-cgnat.example": ((PUBLIC_IPV6, "100.64.0.1"),),
    "mixed-many.example": ((*(f"93.184.216.{n}" for n in range(1, 40)), "10.0.0.1"),),
    "zone.example": (("fe80::1%lo",),),
    "mapped.example": (("::ffff:127.0.0.1",),),
    # good at first
    "rebinds.example": ((PUBLIC_IPV4,), ("127.0.0.1",)),
    "nowhere.example": ((),),
    "both.example": ((PUBLIC_IPV6, PUBLIC_IPV4),),
    "many.example": (tuple(f"93.184.216.{n}" for n in range(1, 40)),),
}

REFUSED_NAMES = tuple(
    name
    for name, rounds in NAMES.items()
    if not name.endswith(".public.example")
    and name not in ("rebinds.example", "both.example", "many.example")
)
PUBLIC_NAMES = tuple(name for name in NAMES if name not in REFUSED_NAMES)


def addresses(texts: tuple[str, ...]) -> list[IPv4Address | IPv6Address]:
    return [IPv6Address(text) if ":" in text else IPv4Address(text) for text in texts]
