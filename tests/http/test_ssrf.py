"""Which addresses an outside text may send us to."""

from __future__ import annotations

import ipaddress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.http.ssrf import is_public, literal, proxy_for

PRIVATE = (
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.9",  # global for some Pythons
    "192.0.0.170",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.255",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:192.0.0.10",
    "64:ff9b::a00:1",
    "64:ff9b:1::808:808",  # NAT64 of the own network, RFC 8215
    "2001:4:112::1",
    "3fff::1",
    "2002:7f00:1::",
    "2001:0:1:2:3:4:5:6",
    "2001:db8::1",
    "fc00::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["151.101.3.42", "8.8.8.8", "2a04:4e42::810", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_judged_as_itself(address: ipaddress.IPv4Address) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))
    assert is_public(str(ipaddress.IPv6Address((0x64FF9B << 96) | int(address)))) == is_public(str(address))


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f000001", "2130706433", "017700000001", "localhost", "LOCALHOST.", "a.localhost", "127.0.0.1"]
)
def test_odd_spellings_of_loopback_are_read(host: str) -> None:
    assert literal(host) == "127.0.0.1"


@pytest.mark.parametrize("host", ["example.org", "a b", "", "münchen.de", "x" * 300])
def test_names_are_no_addresses(host: str) -> None:
    assert literal(host) is None


PROXIES = {"http": "http://proxy:3128", "https": "http://proxy:3129", "no": "example.org, .lab.net,*.inside"}


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://arxiv.org/", "http://proxy:3128"),
        ("https://arxiv.org/", "http://proxy:3129"),
        ("https://notexample.org/", "http://proxy:3129"),
        ("https://example.org/", None),
        ("https://www.example.org/", None),
        ("https://feeds.lab.net/", None),
        ("https://a.inside/", None),
        ("http://127.0.0.1:8000/", None),
        ("http://localhost/", None),
        ("http://[::1]/", None),
    ],
)
def test_the_environment_names_the_proxy(url: str, proxy: str | None) -> None:
    assert proxy_for(httpx.URL(url), PROXIES) == proxy


def test_no_proxy_star_and_no_environment() -> None:
    assert proxy_for(httpx.URL("http://arxiv.org/"), PROXIES | {"no": "*"}) is None
    assert proxy_for(httpx.URL("http://arxiv.org/"), {}) is None
    assert proxy_for(httpx.URL("http://arxiv.org/"), {"all": "http://p"}) == "http://p"
