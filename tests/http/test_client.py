"""The HTTP client: rate limits, retries, redirects, caps, and what it never says."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import httpcore
import httpx
import pytest

from digest import __version__
from digest.errors import SourceError
from digest.http import FetchResult, FetchStopped, HttpClient, Validators
from digest.http.ssrf import SystemNetwork
from digest.http.transport import HttpTransport
from tests.support.servers import Reply, WebServer, unused_port

TLS = Path(__file__).parents[1] / "support" / "certificates"


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


class SkippingClock:
    """The real clock, but for sleeps, which it jumps over."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.skipped += seconds


class Pretend(SystemNetwork):
    """Names lie where the test says, and every address that is dialled is the one server on loopback."""

    def __init__(self, names: Mapping[str, list[str] | list[list[str]]], port: int) -> None:
        self.names = {name: list(addresses) for name, addresses in names.items()}
        self.port = port
        self.dialled: list[str] = []

    def resolve(self, host: str, port: int) -> list[str]:
        addresses = self.names.get(host)
        if addresses is None:
            raise OSError("no such name")
        if isinstance(addresses[0], list):  # another answer each time
            answer = addresses.pop(0) if len(addresses) > 1 else addresses[0]
            assert isinstance(answer, list)
            return answer
        return [address for address in addresses if isinstance(address, str)]

    def dial(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
        self.dialled.append(address)
        return super().dial("127.0.0.1", self.port, timeout)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[HttpClient]:
    with HttpClient(
        contact="owner@example.org", proxies={}, clock=clock, sleep=clock.sleep, random=lambda: 0
    ) as client:
        yield client


def get(client: HttpClient, url: str, **more: object) -> FetchResult:
    return client.get(httpx.Request("GET", url), allow_private=True, **more)  # type: ignore[arg-type]


def pretending(clock: Clock, names: Mapping[str, list[str] | list[list[str]]], port: int) -> tuple[HttpClient, Pretend]:
    network = Pretend(names, port)
    wire = HttpTransport(network=network, clock=clock)
    return HttpClient(
        contact="o@example.org", wire=wire, proxies={}, clock=clock, sleep=clock.sleep, random=lambda: 0
    ), network


def test_an_answer_and_who_asked(client: HttpClient) -> None:
    page = Reply(body=b"<rss/>", headers={"Content-Type": "application/rss+xml", "X-Thing": "1"})
    with WebServer({"/feed": page}) as server:
        fetched = get(client, f"{server.url}/feed?set=cs")
    assert (fetched.status, fetched.body, fetched.content_type) == (200, b"<rss/>", "application/rss+xml")
    assert fetched.headers["x-thing"] == "1"
    assert fetched.url == f"{server.url}/feed?set=cs"
    assert not fetched.not_modified
    assert fetched.moved_to is None
    assert server.asked[0].headers["user-agent"] == f"MorningPapers/{__version__} (+mailto:owner@example.org)"
    assert server.asked[0].query == {"set": ["cs"]}


def test_arxiv_has_one_pace_over_all_its_hosts(clock: Clock) -> None:
    names = {
        name: ["151.101.3.42"] for name in ("oaipmh.arxiv.org", "rss.arxiv.org", "export.arxiv.org", "example.org")
    }
    with WebServer({"/": Reply()}) as server:
        client, _ = pretending(clock, names, server.port)
        with client:
            for host in ("oaipmh.arxiv.org", "rss.arxiv.org", "export.arxiv.org"):
                client.get(httpx.Request("GET", f"http://{host}/"))
            assert clock.slept == [3, 3]
            client.get(httpx.Request("GET", "http://example.org/"))
            assert clock.slept == [3, 3]
            client.get(httpx.Request("GET", "http://example.org/"))
            assert clock.slept == [3, 3, 1]


def test_a_mirror_of_arxiv_has_arxivs_pace(client: HttpClient, clock: Clock) -> None:
    with WebServer({"/": Reply()}) as server:
        for _ in range(3):
            get(client, server.url, service="arxiv")
    assert clock.slept == [3, 3]


def test_one_service_is_asked_by_one_thread_at_a_time() -> None:
    with WebServer({"/": Reply(delay=0.05)}) as server, HttpClient(contact="o@example.org", proxies={}) as client:
        threads = [threading.Thread(target=get, args=(client, server.url)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.asked) == 2
        assert server.asked[1].at - server.asked[0].at >= 1
        assert server.connections == 1


def test_a_429_with_retry_after_is_waited_for(client: HttpClient, clock: Clock) -> None:
    busy = Reply(429, b"Rate exceeded.", {"Retry-After": "7"})
    with WebServer({"/": [busy, Reply(body=b"ok")]}) as server:
        assert get(client, server.url).body == b"ok"
    assert clock.slept == [7]


def test_arxivs_429_without_retry_after_backs_off_30_then_60_s(client: HttpClient, clock: Clock) -> None:
    with WebServer({"/": Reply(429, b"Rate exceeded.")}) as server:
        with pytest.raises(SourceError, match=r"answered 429 \(Rate exceeded\.\)") as told:
            get(client, server.url, service="arxiv")
        assert clock.slept == [30]
        assert told.value.retry_after == timedelta(seconds=60)
        with pytest.raises(SourceError):
            get(client, server.url, service="arxiv")
        assert len(server.asked) == 2
        clock.now += 60
        with pytest.raises(SourceError) as told:
            get(client, server.url, service="arxiv")
        assert told.value.retry_after == timedelta(seconds=120)


def test_a_long_retry_after_is_told_and_kept_over_calls(client: HttpClient, clock: Clock) -> None:
    with WebServer({"/a": Reply(503, headers={"Retry-After": "3600"}), "/b": Reply()}) as server:
        with pytest.raises(SourceError) as told:
            get(client, f"{server.url}/a")
        assert told.value.retry_after == timedelta(hours=1)
        clock.now += 600
        with pytest.raises(SourceError, match="answered 503") as told:
            get(client, f"{server.url}/b")
        assert told.value.retry_after == timedelta(minutes=50)
        assert server.paths() == ["/a"]
        clock.now += 3000
        assert get(client, f"{server.url}/b").status == 200


def test_retry_after_of_a_refusal_is_honoured(client: HttpClient) -> None:
    with WebServer({"/": Reply(403, headers={"Retry-After": "120"})}) as server:
        with pytest.raises(SourceError) as told:
            get(client, server.url)
        assert told.value.retry_after == timedelta(seconds=120)
        with pytest.raises(SourceError):
            get(client, server.url)
        assert len(server.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_refusal_is_never_repeated(client: HttpClient, status: int) -> None:
    page = Reply(status, b"<feed><title>no\x07</title>  such\nfield</feed>")
    words = rf"^127\.0\.0\.1/q: answered {status} \(no such field\)$"
    with WebServer({"/q": page}) as server, pytest.raises(SourceError, match=words) as told:
        get(client, f"{server.url}/q")
    assert told.value.retry_after is None
    assert len(server.asked) == 1


def test_a_cut_body_is_asked_for_again(client: HttpClient, clock: Clock) -> None:
    with WebServer({"/": [Reply(body=b"x" * 5000, cut=2000), Reply(body=b"x" * 5000)]}) as server:
        assert get(client, server.url).body == b"x" * 5000
    assert clock.slept == [2]


def test_a_host_that_fails_is_left_in_peace_and_probed_once(client: HttpClient, clock: Clock) -> None:
    with WebServer({"/": Reply(500)}) as server:
        asked = []
        for _ in range(3):
            with pytest.raises(SourceError) as told:
                get(client, server.url)
            assert told.value.retry_after is None  # our own caution; nobody asked for it
            asked.append(len(server.asked))
            clock.now += 240
        assert asked == [3, 4, 5]
        with pytest.raises(SourceError, match="not asked again for 660 s"):
            get(client, server.url)
        clock.now += 660
        with pytest.raises(SourceError):
            get(client, server.url)
        assert len(server.asked) == 6
        clock.now += 1700
        with pytest.raises(SourceError):
            get(client, server.url)
        assert len(server.asked) == 6
        server.routes["/"] = [Reply(body=b"well again")]
        clock.now += 100
        assert get(client, server.url).body == b"well again"


def test_nobody_there_is_one_clear_error(client: HttpClient, clock: Clock) -> None:
    with unused_port() as port, pytest.raises(SourceError, match=r"^127\.0\.0\.1/x: no connection; not asked again"):
        get(client, f"http://127.0.0.1:{port}/x?api_key=hunter2")
    assert clock.slept == [2, 6]


def test_an_unknown_host_is_one_clear_error(clock: Clock) -> None:
    client, _ = pretending(clock, {}, 1)
    with client, pytest.raises(SourceError, match=r"feeds\.example.org/x: no connection"):
        client.get(httpx.Request("GET", "http://feeds.example.org/x"))


@pytest.mark.parametrize("etag", ["0123abcd", '"quoted"', 'W/"weak"', "\xff latin \xe9"])
def test_validators_go_back_as_they_came(client: HttpClient, etag: str) -> None:
    changed = "Fri, 20 Nov 2026 05:00:00 GMT"
    page = Reply(body=b"1", headers={"ETag": etag, "Last-Modified": changed})
    with WebServer({"/": [page, Reply(304)]}) as server:
        first = get(client, server.url)
        assert first.validators == Validators(etag, changed)
        again = get(client, server.url, validators=first.validators)
        assert (again.not_modified, again.body, again.validators) == (True, b"", first.validators)
        assert server.asked[1].headers["if-none-match"] == etag
        assert server.asked[1].headers["if-modified-since"] == changed


def test_a_304_that_nobody_asked_for_is_an_error(client: HttpClient) -> None:
    with WebServer({"/": Reply(304)}) as server, pytest.raises(SourceError, match="304"):
        get(client, server.url)


def test_gzip_is_asked_for_and_unpacked(client: HttpClient) -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    with WebServer({"/": Reply(body=packed, headers={"Content-Encoding": "gzip"})}) as server:
        assert get(client, server.url).body == b"one two"
        assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_broken_and_unasked_packing_is_an_error(client: HttpClient) -> None:
    half = gzip.compress(b"x" * 10_000)[:-12]
    for body, coding in ((half, "gzip"), (b"no gzip", "gzip"), (zlib.compress(b"x"), "deflate")):
        with (
            WebServer({"/": Reply(body=body, headers={"Content-Encoding": coding})}) as server,
            pytest.raises(SourceError, match=r"broke off|unpacked|packed"),
        ):
            get(client, server.url)


def test_more_than_10_mb_is_refused_packed_or_not(client: HttpClient) -> None:
    plain = Reply(body=b"x" * (10 * 2**20 + 1))
    bomb = Reply(body=gzip.compress(bytes(200 * 2**20), 9), headers={"Content-Encoding": "gzip"})
    whole = Reply(body=b"x" * (10 * 2**20))
    with WebServer({"/plain": plain, "/bomb": bomb, "/whole": whole}) as server:
        for path in ("/plain", "/bomb"):
            with pytest.raises(SourceError, match="larger than 10 MB"):
                get(client, server.url + path)
        assert server.paths() == ["/plain", "/bomb"]
        assert len(get(client, f"{server.url}/whole").body) == 10 * 2**20


@pytest.mark.parametrize("slow", [Reply(body=b"x" * 500, drip=0.05), Reply(drip_head=0.05), Reply(delay=3)])
def test_the_whole_answer_has_a_time_limit(slow: Reply) -> None:
    clock = SkippingClock()
    wire = HttpTransport(clock=clock, timeout=0.3)
    with (
        WebServer({"/": slow}) as server,
        HttpClient(contact="o@example.org", wire=wire, proxies={}, clock=clock, sleep=clock.sleep) as client,
        pytest.raises(SourceError, match="no whole answer in time"),
    ):
        get(client, server.url)


def test_a_lasting_move_is_told_a_passing_one_is_not(client: HttpClient) -> None:
    with WebServer(
        {
            "/old": Reply(301, headers={"Location": "/new#part"}),
            "/new": Reply(body=b"here"),
            "/today": Reply(302, headers={"Location": "/old"}),
            "/older": Reply(308, headers={"Location": "/today"}),
        }
    ) as server:
        old = get(client, f"{server.url}/old")
        assert (old.body, old.url, old.moved_to) == (b"here", f"{server.url}/new", f"{server.url}/new")
        assert get(client, f"{server.url}/today").moved_to is None
        assert get(client, f"{server.url}/older").moved_to == f"{server.url}/today"


def test_redirects_end(client: HttpClient) -> None:
    with WebServer({"/": Reply(302, headers={"Location": "/"})}) as server:
        with pytest.raises(SourceError, match="more than 5 redirects"):
            get(client, server.url)
        assert len(server.asked) == 6


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/", "http://", "http://[", "gopher:x"])
def test_a_redirect_leads_to_the_web_only(client: HttpClient, location: str) -> None:
    with WebServer({"/": Reply(302, headers={"Location": location})}) as server, pytest.raises(SourceError):
        get(client, server.url)


def test_a_redirect_between_failures_does_not_go_on_for_ever(client: HttpClient) -> None:
    with WebServer(
        {"/a": Reply(302, headers={"Location": "/b"}), "/b": Reply(503, headers={"Retry-After": "0"})}
    ) as server:
        with pytest.raises(SourceError, match="answered 503"):
            get(client, f"{server.url}/a")
        assert len(server.asked) == 10


def test_a_private_address_needs_leave(client: HttpClient) -> None:
    with WebServer({"/": Reply()}) as server:
        for host in ("127.0.0.1", "127.1", "localhost", "[::ffff:127.0.0.1]"):
            with pytest.raises(SourceError, match=r"private address.*allow_private: true"):
                client.get(httpx.Request("GET", f"http://{host}:{server.port}/"))
        assert server.asked == []


def test_leave_is_for_the_requests_own_host_alone(client: HttpClient) -> None:
    with WebServer({"/": Reply()}) as inner:
        away = Reply(302, headers={"Location": f"http://localhost:{inner.port}/"})
        with WebServer({"/": away}) as outer, pytest.raises(SourceError, match="localhost/: leads to a private"):
            get(client, outer.url)
        assert inner.asked == []


def test_a_name_that_lies_in_the_private_net_is_refused(clock: Clock) -> None:
    with WebServer({"/": Reply(body=b"ok")}) as server:
        names = {"evil.example": ["10.0.0.7", "fe80::1"], "mixed.example": ["10.0.0.7", "151.101.3.42"]}
        client, network = pretending(clock, names, server.port)
        with client:
            with pytest.raises(SourceError, match=r"evil\.example/: leads to a private address"):
                client.get(httpx.Request("GET", "http://evil.example/"))
            assert network.dialled == []
            assert client.get(httpx.Request("GET", "http://mixed.example/")).body == b"ok"
            assert network.dialled == ["151.101.3.42"]


def test_a_name_cannot_change_between_judging_and_connecting(clock: Clock) -> None:
    answers = [["151.101.3.42"], ["127.0.0.1"]]
    with WebServer({"/": Reply(headers={"Connection": "close"})}) as server:
        client, network = pretending(clock, {"rebind.example": answers}, server.port)
        with client:
            client.get(httpx.Request("GET", "http://rebind.example/"))
            with pytest.raises(SourceError, match="private"):
                client.get(httpx.Request("GET", "http://rebind.example/"))
            assert network.dialled == ["151.101.3.42"]


def test_a_trusted_connection_is_not_lent_to_an_outside_text(clock: Clock) -> None:
    with WebServer({"/": Reply()}) as server:
        client, _ = pretending(clock, {"inside.example": ["10.0.0.7"]}, server.port)
        with client:
            client.get(httpx.Request("GET", "http://inside.example/"), allow_private=True)
            with pytest.raises(SourceError, match="private"):
                client.get(httpx.Request("GET", "http://inside.example/"))
        assert len(server.asked) == 1


def test_the_next_address_is_tried(clock: Clock) -> None:
    class FirstIsDown(Pretend):
        def dial(self, address: str, port: int, timeout: float | None) -> httpcore.NetworkStream:
            if address == "151.101.3.41":
                raise httpcore.ConnectError("down")
            return super().dial(address, port, timeout)

    with WebServer({"/": Reply(body=b"ok")}) as server:
        network = FirstIsDown({"example.org": ["151.101.3.41", "151.101.3.42"]}, server.port)
        wire = HttpTransport(network=network, clock=clock)
        with HttpClient(contact="o@example.org", wire=wire, proxies={}, clock=clock, sleep=clock.sleep) as client:
            assert client.get(httpx.Request("GET", "http://example.org/")).body == b"ok"


def test_a_proxy_is_used_and_private_literals_are_refused_all_the_same(clock: Clock) -> None:
    with WebServer({"http://example.org/x": Reply(body=b"by proxy")}) as proxy:
        proxies = {"http": f"http://127.0.0.1:{proxy.port}"}
        with HttpClient(contact="o@example.org", proxies=proxies, clock=clock, sleep=clock.sleep) as client:
            assert client.get(httpx.Request("GET", "http://example.org/x")).body == b"by proxy"
            for host in ("10.0.0.1", "169.254.169.254", "0xa9fea9fe", "[fd00::1]"):
                with pytest.raises(SourceError, match="private"):
                    client.get(httpx.Request("GET", f"http://{host}/"))
        assert len(proxy.asked) == 1


def test_a_proxy_of_another_kind_is_told(clock: Clock) -> None:
    with (
        HttpClient(
            contact="o@example.org", proxies={"http": "socks5://proxy:1080"}, clock=clock, sleep=clock.sleep
        ) as client,
        pytest.raises(SourceError, match="neither http nor https"),
    ):
        client.get(httpx.Request("GET", "http://example.org/"))


def test_secrets_stay_with_their_origin_and_out_of_errors(client: HttpClient) -> None:
    refusal = Reply(403, b"key hunter2 of ada@example.org is wrong")
    with WebServer({"/in": refusal}) as other, WebServer({"/": Reply()}) as server:
        server.routes["/"] = [Reply(302, headers={"Location": f"{other.url}/in?api_key=hunter2"})]
        request = httpx.Request(
            "GET",
            f"http://ada:s3cret@127.0.0.1:{server.port}/?token=t0psecret",
            headers={"X-Api-Key": "k3y", "Cookie": "c=1", "Accept": "text/xml"},
        )
        with pytest.raises(SourceError) as told:
            client.get(request, allow_private=True)
    assert str(told.value) == "127.0.0.1/in: answered 403 (key … of … is wrong)"
    assert server.asked[0].headers["authorization"] == "Basic YWRhOnMzY3JldA=="
    assert server.asked[0].headers["x-api-key"] == "k3y"
    assert other.asked[0].headers["accept"] == "text/xml"
    assert not {"authorization", "x-api-key", "cookie"} & set(other.asked[0].headers)


def test_a_post_goes_out_whole_and_is_not_redirected(client: HttpClient) -> None:
    with WebServer({"/": Reply(), "/away": Reply(307, headers={"Location": "/"})}) as server:
        client.get(httpx.Request("POST", server.url, json={"ids": ["a"]}), allow_private=True)
        assert (server.asked[0].method, server.asked[0].body) == ("POST", b'{"ids":["a"]}')
        with pytest.raises(SourceError, match="redirects a POST"):
            client.get(httpx.Request("POST", f"{server.url}/away", content=b"x"), allow_private=True)


@pytest.mark.parametrize(("name", "trusted"), [("good", True), ("expired", False), ("wrong_name", False)])
def test_certificates_are_verified(
    client: HttpClient, monkeypatch: pytest.MonkeyPatch, name: str, *, trusted: bool
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / f"{name}.pem")
    with WebServer({"/": Reply(body=b"ok")}, tls=context) as server:
        if trusted:
            assert get(client, server.url).body == b"ok"
        else:
            with pytest.raises(SourceError, match="no connection"):
                get(client, server.url)
            assert server.asked == []


def test_stop_ends_a_wait_at_once() -> None:
    stop = threading.Event()
    with (
        WebServer({"/": Reply(429, headers={"Retry-After": "40"})}) as server,
        HttpClient(contact="o@e.org", proxies={}) as client,
    ):
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(FetchStopped, match="asked to stop"):
            get(client, server.url, stop=stop)
        assert len(server.asked) == 1


def test_stop_ends_a_slow_answer() -> None:
    stop = threading.Event()
    with (
        WebServer({"/": Reply(body=b"x" * 400, drip=0.02)}) as server,
        HttpClient(contact="o@e.org", proxies={}) as client,
    ):
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(FetchStopped):
            get(client, server.url, stop=stop)
