"""The crawler's real transport against names and URLs that would lead it astray."""

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest
from docgen import urls
from docgen.errors import SiteError
from docgen.fetch import Fetcher
from docgen.options import Limits
from docsnap.addresses import is_public_address
from hypothesis import given, settings

from tests.support.network import Network, on
from tests.unit.docsnap import readers, url_cases
from tests.unit.docsnap.url_cases import NAMES, Names

LIMITS = replace(Limits(), request_timeout=Limits().request_timeout)
REDIRECT = b"HTTP/1.1 %d Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"


def fetch(*texts: str, network: Network | None = None) -> tuple[Network, list[Any]]:
    """Ask for each URL as the crawler would, in one go; the outcomes are answers or errors."""
    network = network or Network(Names(NAMES | PUBLIC).answer)

    async def act() -> list[Any]:
        async with Fetcher(LIMITS, is_public_address) as fetcher:
            return [await attempt(fetcher, text) for text in texts]

    return network, on(network, act)


async def attempt(fetcher: Fetcher, text: str) -> Any:
    try:
        return await fetcher.get(urls.canonical(text), most_bytes=1000)
    except (SiteError, urls.BadUrl) as exc:
        return exc


PUBLIC: dict[str, tuple[tuple[str, ...], ...]] = {
    urls.canonical(url).split("/")[2].split(":")[0]: ((url_cases.PUBLIC_IPV4,),)
    for url in url_cases.ACCEPTED
    if "[" not in url
}
REFUSED = [*url_cases.refused_urls()]


def private_dials(network: Network) -> list[tuple[str, int]]:
    return [dial for dial in network.dialled if not is_public_address(ip_address(dial[0]))]


@pytest.mark.parametrize("text", REFUSED)
def test_no_connection_comes_of_a_url_that_leads_astray(text: str) -> None:
    network, [outcome] = fetch(text)

    if network.dialled:  # what leads to a public address, whatever the API thinks of its spelling
        assert not private_dials(network)
        assert network.dialled[0][1] in LIMITS.ports
    else:
        assert isinstance(outcome, SiteError | urls.BadUrl)
        assert network.connections == 0


@pytest.mark.parametrize("text", [*url_cases.ACCEPTED])
def test_every_public_url_is_connected_to(text: str) -> None:
    network, _ = fetch(text)

    assert len(network.dialled) >= 1
    assert network.connections == len(network.dialled)
    assert not private_dials(network)


@pytest.mark.parametrize("name", url_cases.REFUSED_NAMES)
def test_no_connection_comes_of_a_name_with_an_address_that_is_not_public(name: str) -> None:
    network, [outcome] = fetch(f"http://{name}/")

    assert isinstance(outcome, SiteError)
    assert (network.dialled, network.connections) == ([], 0)


@pytest.mark.parametrize("name", url_cases.PUBLIC_NAMES)
def test_every_name_with_public_addresses_alone_is_connected_to(name: str) -> None:
    network, [outcome] = fetch(f"http://{name}/")

    assert outcome.body == b"ok"
    assert network.connections == 1
    assert network.lookups == {name: 1}


def test_a_name_that_changes_its_meaning_is_looked_up_once_for_a_connection() -> None:
    network, [first, second] = fetch("http://rebinds.example/", "http://rebinds.example/again")

    assert network.dialled == [(url_cases.PUBLIC_IPV4, 80)]
    assert first.body == b"ok"
    assert isinstance(second, SiteError)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        *("http://127.0.0.1/", "http://169.254.169.254/latest/meta-data/", "//127.0.0.1/"),
        *("http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://127.1/"),
        *("http://0x7f.1/", "http:127.0.0.1/", "http:///127.0.0.1/", "http:\\\\127.0.0.1\\"),
        *("\\\\127.0.0.1/", "/\\127.0.0.1/", "http://public@127.0.0.1/", "http://127.0.0.1\t/"),
        *("file:///proc/self/environ", "gopher://127.0.0.1:6379/_x", "http://localhost/"),
        *("http://mixed-last.example/", "http://n0.rebind.example/", "https://127.0.0.1/"),
        *("http://93.184.216.34:22/", "http://93.184.216.34:6379/", "javascript:alert(1)"),
        *("http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/", "http://%31%32%37.0.0.1/"),
    ],
)
def test_no_redirect_leads_further_than_a_link(status: int, target: str) -> None:
    page = REDIRECT % (status, target.encode())
    network = Network(Names(NAMES).answer, pages={"/start": page})

    network, [outcome] = fetch("http://both.example/start", network=network)

    assert isinstance(outcome, SiteError)
    assert network.dialled == [(url_cases.PUBLIC_IPV6, 80)]


def test_a_redirect_to_a_public_page_is_followed() -> None:
    page = REDIRECT % (302, b"http://n0.public.example/docs")
    network = Network(Names(NAMES).answer, pages={"/start": page})

    _, [outcome] = fetch("http://both.example/start", network=network)

    assert outcome.final_url == "http://n0.public.example/docs"


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    network, [outcome] = fetch("http://both.example/")

    assert outcome.body == b"ok"
    assert network.dialled == [(url_cases.PUBLIC_IPV6, 80)]


def test_a_kept_connection_serves_only_the_host_it_was_opened_for() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok"
    network = Network(Names(NAMES).answer, pages={"/": answer})

    network, outcomes = fetch("http://both.example/", "http://n30.rebind.example/", network=network)

    assert isinstance(outcomes[1], SiteError)
    assert len(network.dialled) == 1


@settings(max_examples=200, deadline=None)  # it makes connections
@given(text=readers.urls())
def test_no_url_that_any_library_reads_as_private_gets_a_connection(text: str) -> None:
    private = [name for name, host in readers.hosts(text) if readers.is_private(host)]

    network, _ = fetch(text, network=Network(everybody_lives_here))

    assert not private_dials(network)
    assert not (private and network.dialled)


def everybody_lives_here(name: str, lookups: int) -> tuple[str, ...]:
    return ("127.0.0.1",) if readers.is_private(name) else (url_cases.PUBLIC_IPV4,)
