"""The straight way through a real router, miniupnpd and the kernel's NAT, each party in a namespace.

agent 10.88.0.2 -- lan -- router 10.88.0.1 | 52.10.20.30 -- wan -- customer and relay 52.10.20.40
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.direct import DirectDoor
from desktop.upnp import open_upnp
from relay.keys import write_key_pair
from tests.desktop.servers import wait_until
from tests.desktop.spaces import in_space
from tests.desktop.test_support_link import PUMP, End
from tests.desktop.test_support_link_relay import RealStory
from tests.relay.processes import ROOT, RelayProcess

pytestmark = [pytest.mark.flow, pytest.mark.slow, pytest.mark.timeout(120)]
RULES = """
table inet filter {
  chain miniupnpd {}
  chain forward { type filter hook forward priority 0; policy drop;
    ct state established,related accept; iifname "lan0" accept; jump miniupnpd; }
  chain prerouting_miniupnpd {}
  chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
  chain postrouting_miniupnpd {}
  chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd;
    oifname "wan0" masquerade; }
}
"""
SETTINGS = """ext_ifname=wan0
listening_ip=lan0
enable_upnp=yes
enable_natpmp=no
secure_mode=yes
uuid=12345678-1234-1234-1234-123456789012
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
allow 1-65535 10.88.0.0/24 1-65535
deny 0-65535 0.0.0.0/0 0-65535
"""


class Street:
    """Three namespaces and two cables."""

    def __init__(self, folder: Path) -> None:
        for program in ("ip", "nft", "miniupnpd"):
            if shutil.which(program) is None or os.geteuid() != 0:
                pytest.skip(f"this needs root and {program}")
        tag = os.getpid()
        self.agent, self.router, self.outside = (f"bh{tag}{name}" for name in ("a", "r", "o"))
        self._processes: list[subprocess.Popen[bytes]] = []
        for name in (self.agent, self.router, self.outside):
            _run("ip", "netns", "add", name)
            self.run(name, "ip", "link", "set", "lo", "up")
        self._cable((self.agent, "lan1", "10.88.0.2"), (self.router, "lan0", "10.88.0.1"))
        self._cable((self.outside, "wan1", "52.10.20.40"), (self.router, "wan0", "52.10.20.30"))
        self.run(self.agent, "ip", "route", "add", "default", "via", "10.88.0.1")
        self.run(self.router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        (folder / "rules").write_text(RULES)
        self.run(self.router, "nft", "-f", str(folder / "rules"))
        (folder / "settings").write_text(SETTINGS)
        self.log = folder / "miniupnpd.log"
        with self.log.open("wb") as log:
            command = ["ip", "netns", "exec", self.router, "miniupnpd", "-d", "-f", str(folder / "settings")]
            self._processes.append(subprocess.Popen(command, stdout=log, stderr=log))

    def _cable(self, *ends: tuple[str, str, str]) -> None:
        (one, name, _), (other, other_name, _) = ends
        _run("ip", "link", "add", name, "netns", one, "type", "veth", "peer", other_name, "netns", other)
        for space, device, address in ends:
            self.run(space, "ip", "addr", "add", f"{address}/24", "dev", device)
            self.run(space, "ip", "link", "set", device, "up")

    def run(self, space: str, *command: str) -> None:
        _run("ip", "netns", "exec", space, *command)

    def mappings(self) -> str:
        listed = ["ip", "netns", "exec", self.router, "nft", "list", "chain", "inet", "filter"]
        done = subprocess.run([*listed, "prerouting_miniupnpd"], capture_output=True, text=True, check=True)
        return done.stdout

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        for name in (self.agent, self.router, self.outside):
            subprocess.run(["ip", "netns", "del", name], check=False)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine allows no such network: {' '.join(command)}: {done.stderr.strip()}")


class RelayOutside(RelayProcess):
    """A relay on the far side of the router."""

    def __init__(self, keys: Path, street: Street) -> None:
        super().__init__(keys)
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        place = f"52.10.20.40:{self.port}"
        command = ["ip", "netns", "exec", street.outside, sys.executable, "-m", "relay", "--listen", place]
        command += ["--public", f"ws://{place}", "--verify-keys", str(keys / "ticket_verify")]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=self._log, text=True)
        assert self.process.stdout is not None
        found = re.search(r"relay (\S+) listens", self.process.stdout.readline())
        assert found
        self.relay = found[1]


class OnTheStreet(RealStory):
    """Agent behind the router, customer and relay outside."""

    def __init__(self, keys: Path, street: Street) -> None:
        self.doors: list[DirectDoor] = []
        super().__init__(keys)
        self.process.__exit__()
        self.process = RelayOutside(keys, street)
        for end in (self.agent, self.customer):
            end.link.close()
        inside, outside = in_space(street.agent, "agent-inside"), in_space(street.outside, "customer-outside")
        self.threads += [inside, outside]
        for thread in (inside, outside):
            thread.start()

        def door(toward: str) -> DirectDoor:
            self.doors.append(DirectDoor(inside, gateway=open_upnp(), toward=toward))
            return self.doors[-1]

        self.agent = End(inside, "agent", self.board, make_door=door)
        self.customer = End(outside, "customer", self.board, may_dial=True)
        self.board.ends = {"agent": self.agent, "customer": self.customer}


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    made = Street(tmp_path)
    yield made
    made.close()


def test_it_goes_straight_through_a_router_that_opens_a_port(street: Street, tmp_path: Path) -> None:
    write_key_pair(tmp_path)
    story = OnTheStreet(tmp_path, street)
    try:
        story.begin()
        wait_until(lambda: story.agent.link.way == story.customer.link.way == "direct", 20)
        assert "dnat" in street.mappings()
        link = story.customer.link
        wait_until(lambda: link.send("screen", PUMP, epoch=link.number("screen")))
        wait_until(lambda: story.agent.plain.get("screen") == PUMP)
        door = story.doors[0]
        story.agent.link.end("button")
        wait_until(lambda: door._is_closed and "dnat" not in street.mappings())
    finally:
        story.close()
