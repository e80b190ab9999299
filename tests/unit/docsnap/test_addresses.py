from ipaddress import IPv4Address, IPv6Address, ip_address

import ada_url
import pytest
from docsnap.addresses import (
    MAX_URL_LENGTH,
    WEB_PORTS,
    address_rule,
    canonical_url,
    is_public_address,
    is_public_or_private_address,
)
from docsnap.errors import InvalidUrl
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.docsnap import readers, url_cases


@pytest.mark.parametrize("text", url_cases.PUBLIC_ADDRESSES)
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public_address(ip_address(text))


@pytest.mark.parametrize("text", url_cases.PRIVATE_ADDRESSES)
def test_any_other_address_is_not_public(text: str) -> None:
    assert not is_public_address(ip_address(text))


@pytest.mark.parametrize("text", ["fe80::1%eth0", "2606:4700::1%1"])
def test_an_address_with_a_zone_is_not_public(text: str) -> None:
    assert not is_public_or_private_address(ip_address(text))


@given(address=st.ip_addresses())
def test_a_public_address_is_public_to_the_standard_library_too(
    address: IPv4Address | IPv6Address,
) -> None:
    assert not is_public_address(address) or (address.is_global and not address.is_private)


@given(inner=st.ip_addresses(v=4))
def test_no_form_that_wraps_an_ipv4_address_is_public(inner: IPv4Address) -> None:
    number = int(inner)
    wrapped = [
        number,
        0xFFFF << 32 | number,
        0xFFFF << 48 | number,
        0x64FF9B << 96 | number,
        0x64FF9B0001 << 80 | number,
        0x2002 << 112 | number << 80,
        0x20010000 << 96 | number ^ 0xFFFFFFFF,
    ]

    assert not any(is_public_address(IPv6Address(value)) for value in wrapped)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "fd00::1"])
def test_private_networks_are_a_setting(text: str) -> None:
    assert address_rule(private_networks=True)(ip_address(text))
    assert not address_rule(private_networks=False)(ip_address(text))


@pytest.mark.parametrize("text", ["169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::"])
def test_cloud_metadata_is_never_reached(text: str) -> None:
    assert not address_rule(private_networks=True)(ip_address(text))


@pytest.mark.parametrize(("text", "canonical"), [*url_cases.ACCEPTED.items()])
def test_a_public_url_has_one_canonical_form(text: str, canonical: str) -> None:
    assert canonical_url(text) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize("text", [*url_cases.refused_urls()])
def test_any_other_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidUrl) as refusal:
        canonical_url(text)

    assert str(refusal.value) == str(InvalidUrl())


@pytest.mark.parametrize(
    "text",
    [
        *("http://localhost:4566/", "http://127.0.0.1:1/", "http://[::1]:9/", "http://docs/"),
        *("http://192.168.1.1/", "http://wiki.corp:1234/", "http://example.com/"),
    ],
)
def test_with_private_networks_their_hosts_and_any_port_will_do(text: str) -> None:
    assert canonical_url(text, private_networks=True) == text


@pytest.mark.parametrize(
    "text",
    [
        *("http://169.254.169.254/", "http://2130706433/", "http://127.1/", "http://a@localhost/"),
        *("http://[::ffff:127.0.0.1]/", "http://[fe80::1%25lo]/", "file:///etc/passwd"),
        *("http://localhost:0/", "http://0.0.0.0/", "http://127.0.0.1\\x/"),
    ],
)
def test_even_with_private_networks_nothing_may_be_disguised(text: str) -> None:
    with pytest.raises(InvalidUrl):
        canonical_url(text, private_networks=True)


def test_a_url_that_grows_too_long_by_escaping_is_refused() -> None:
    text = "https://example.com/" + "ü" * 1000

    assert len(text) < MAX_URL_LENGTH
    with pytest.raises(InvalidUrl):
        canonical_url(text)


@given(text=readers.urls())
@example("http://example.com/\u0085")
def test_what_is_accepted_no_library_reads_as_private(text: str) -> None:
    try:
        canonical = canonical_url(text)
    except InvalidUrl:
        return

    for form in (text, canonical):
        assert not [name for name, host in readers.hosts(form) if readers.is_private(host)]


@given(text=readers.urls() | st.text())
def test_canonical_forms_are_fixed_points_that_parsers_agree_about(text: str) -> None:
    try:
        canonical = canonical_url(text)
    except InvalidUrl:
        return

    assert canonical_url(canonical) == canonical == ada_url.URL(canonical).href
    assert len({host.strip("[]") for _, host in readers.hosts(canonical)}) == 1
    assert len(canonical) <= MAX_URL_LENGTH
    assert canonical.isascii()


def test_the_crawler_may_dial_the_ports_that_may_be_submitted() -> None:
    from docgen.options import Limits

    assert Limits().ports == WEB_PORTS
