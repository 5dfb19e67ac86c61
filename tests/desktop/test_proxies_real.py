"""Web calls and WebSockets through a real tinyproxy and a real microsocks, with log-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from desktop import network
from desktop.connection import LinkThread
from desktop.network import NetworkSettings
from desktop.proxy import PROXY_LOGIN, PROXY_REFUSED
from desktop.signal_link import SignalLink
from desktop.web import post_json
from tests.desktop.proxies import FakeSocks4, microsocks, tinyproxy
from tests.desktop.servers import FakeWeb
from wire.errors import LinkLost

pytestmark = pytest.mark.flow
LOGIN = ("da-in", "correct-horse")
Start = Callable[..., AbstractContextManager[int]]


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    with FakeWeb() as server:
        yield server
    network._current = None


def go_through(kind: str, port: int, user: str = "", password: str = "") -> None:
    network.use(NetworkSettings("manual", f"{kind}://127.0.0.1:{port}", user, password))


def opens_a_signal_socket(web: FakeWeb) -> bool:
    """Whether a signal link gets its ticket and its WebSocket."""
    thread = LinkThread()
    link = SignalLink(
        thread,
        f"http://127.0.0.1:{web.port}",
        "customer.maru.x",
        role="customer",
        on_message=lambda received: None,
        on_state=lambda state, why: None,
    )
    thread.start()
    link.start()
    try:
        return web.opened.get(timeout=10).path.startswith("/signal?ticket=")
    finally:
        link.stop()
        thread.stop()
        thread.join(5)


@pytest.mark.parametrize(("kind", "start"), [("http", tinyproxy), ("socks5", microsocks)])
def test_it_goes_through_a_proxy_with_log_in(kind: str, start: Start, tmp_path: Path, web: FakeWeb) -> None:
    url = f"http://127.0.0.1:{web.port}/programs/join"
    with start(tmp_path, LOGIN) as port:
        go_through(kind, port, *LOGIN)
        assert post_json(url, {})["ticket"]
        assert opens_a_signal_socket(web)
        for user, password in (("", ""), ("da-in", "wrong")):
            go_through(kind, port, user, password)
            with pytest.raises(LinkLost) as caught:
                post_json(url, {})
            assert caught.value.code == PROXY_LOGIN
    with pytest.raises(LinkLost) as caught:
        post_json(url, {})
    assert caught.value.code == PROXY_REFUSED, "the proxy itself has gone"


def test_it_goes_through_socks4a(web: FakeWeb) -> None:
    url = f"http://localhost:{web.port}/programs/join"
    with FakeSocks4("da-in") as proxy:
        go_through("socks4", proxy.port, "da-in")
        assert post_json(url, {})["ticket"]
        assert opens_a_signal_socket(web)
        go_through("socks4", proxy.port, "somebody")
        with pytest.raises(LinkLost) as caught:
            post_json(url, {})
        assert caught.value.code == PROXY_LOGIN


def test_it_says_why_when_the_proxy_allows_no_such_port(tmp_path: Path, web: FakeWeb) -> None:
    """As many companies' proxies do: CONNECT to 443 only."""
    with tinyproxy(tmp_path, None, "ConnectPort 443") as port:
        go_through("http", port)
        with pytest.raises(LinkLost, match="403") as caught:
            post_json(f"http://127.0.0.1:{web.port}/x", {})
        assert caught.value.code == PROXY_REFUSED
