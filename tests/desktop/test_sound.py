"""Sounds: how they are made, and that they are heard on a PulseAudio null sink."""

from __future__ import annotations

import array
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import sound
from tests.displays import require_programs, start_process, stop_process, wait_for


@pytest.mark.parametrize("name", sorted(sound.SOUNDS))
def test_it_makes_sounds_without_clipping_or_clicks(name: str) -> None:
    pcm = array.array("h", sound.samples(name))
    assert 0.2 * sound.SAMPLE_RATE < len(pcm) < 1.2 * sound.SAMPLE_RATE
    assert 3_000 < max(abs(value) for value in pcm) < 30_000
    assert abs(pcm[0]) < 200
    assert abs(pcm[-1]) < 200


def test_it_knows_only_its_sounds() -> None:
    with pytest.raises(KeyError):
        sound.play("trumpet")


def test_it_says_when_nothing_can_be_heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/nobody")
    assert sound.play("arrival") is False


@pytest.fixture
def null_sink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A PulseAudio of its own whose only sink goes nowhere; the name of the sink's monitor."""
    require_programs("pulseaudio", "parec")
    socket = tmp_path / "pulse.socket"
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PULSE_SERVER", f"unix:{socket}")
    monkeypatch.delenv("PULSE_COOKIE", raising=False)
    server = start_process(
        [
            "pulseaudio",
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--disable-shm=yes",
            "-L",
            f"module-native-protocol-unix socket={socket} auth-anonymous=1",
            "-L",
            "module-null-sink sink_name=nowhere",
        ],
        env=dict(os.environ),
    )
    try:
        wait_for(socket.exists, what="PulseAudio")
        yield "nowhere.monitor"
    finally:
        stop_process(server)


@pytest.mark.flow
def test_it_is_heard_on_a_null_sink(null_sink: str) -> None:
    recorder = start_process(
        ["parec", "-d", null_sink, "--format=s16le", "--rate=44100", "--channels=1", "--latency-msec=20"],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
    )
    try:
        assert recorder.stdout is not None
        recorder.stdout.read(4410)  # the recorder runs
        assert sound.play("arrival") is True
        heard = array.array("h")
        heard.frombytes(recorder.stdout.read(2 * 44_100 * 2))
    finally:
        stop_process(recorder)
    assert max(abs(value) for value in heard) > 3_000
