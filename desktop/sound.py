"""Short sounds of the programs, made by arithmetic and played by what the machine has.

Decides how a sound is heard: PulseAudio's own client library on Linux (which PipeWire answers too),
winsound on Windows, afplay on macOS; the last two are written after their documentation and were not tried.
Leaves to the window what to do without sound: `play` returns False, the window flashes.
"""

from __future__ import annotations

import array
import ctypes
import functools
import io
import logging
import math
import subprocess
import sys
import tempfile
import threading
import wave
from pathlib import Path

__all__ = ["SAMPLE_RATE", "SOUNDS", "play", "samples"]

SAMPLE_RATE = 44_100
# (frequency in Hz, start in s, length in s): rising for somebody who arrives, falling at the end.
SOUNDS = {
    "arrival": ((659.26, 0.0, 0.35), (880.0, 0.16, 0.55)),
    "end": ((880.0, 0.0, 0.30), (659.26, 0.16, 0.45)),
    "attention": ((784.0, 0.0, 0.18), (784.0, 0.22, 0.30)),
}
_LOUDNESS = 0.32
_CONNECT_TIMEOUT_S = 0.6

log = logging.getLogger(__name__)


def play(name: str) -> bool:
    """Start the sound `name` and return at once: True when a sound system took it, False when none is there.

    Waits ≤ 0.6 s for the sound system's answer. Raises KeyError: no such sound.
    """
    pcm = samples(name)
    if sys.platform == "win32":
        return _play_windows(pcm)
    if sys.platform == "darwin":
        return _play_command(["/usr/bin/afplay"], pcm)
    return _play_pulse(pcm)


@functools.cache
def samples(name: str) -> bytes:
    """The sound as 16-bit little-endian mono at SAMPLE_RATE, with soft starts and ends."""
    notes = SOUNDS[name]
    count = int(max(start + length for _, start, length in notes) * SAMPLE_RATE)
    mix = [0.0] * count
    for frequency, start, length in notes:
        first = int(start * SAMPLE_RATE)
        for i in range(int(length * SAMPLE_RATE)):
            moment = i / SAMPLE_RATE
            swell = min(1.0, moment / 0.008) * min(1.0, (length - moment) / 0.03)
            phase = 2 * math.pi * frequency * moment
            if first + i < count:
                tone = math.sin(phase) + 0.25 * math.sin(2 * phase)
                mix[first + i] += swell * math.exp(-5.0 * moment) * tone
    pcm = array.array("h", (int(max(-1.0, min(1.0, value * _LOUDNESS)) * 32767) for value in mix))
    if sys.byteorder == "big":
        pcm.byteswap()
    return pcm.tobytes()


class _SampleSpec(ctypes.Structure):
    """pa_sample_spec of pulse/sample.h; format 3 is PA_SAMPLE_S16LE."""

    _fields_ = [("format", ctypes.c_int), ("rate", ctypes.c_uint32), ("channels", ctypes.c_uint8)]


def _play_pulse(pcm: bytes) -> bool:
    pulse = _pulse_library()
    if pulse is None:
        return False
    answered = threading.Event()
    opened: list[bool] = []

    def run() -> None:
        error = ctypes.c_int(0)
        spec = _SampleSpec(3, SAMPLE_RATE, 1)
        stream = pulse.pa_simple_new(
            None, b"BaroHelp", 1, None, b"notice", ctypes.byref(spec), None, None, ctypes.byref(error)
        )
        opened.append(bool(stream))
        answered.set()
        if not stream:
            log.info("sound_refused", extra={"error": error.value})
            return
        pulse.pa_simple_write(stream, pcm, len(pcm), ctypes.byref(error))
        pulse.pa_simple_drain(stream, ctypes.byref(error))
        pulse.pa_simple_free(stream)

    # A daemon: a sound system that hangs must not keep the program from ending.
    threading.Thread(target=run, name="sound", daemon=True).start()
    answered.wait(_CONNECT_TIMEOUT_S)
    return bool(opened and opened[0])


@functools.cache
def _pulse_library() -> ctypes.CDLL | None:
    try:
        pulse = ctypes.CDLL("libpulse-simple.so.0")
    except OSError:
        return None
    pulse.pa_simple_new.restype = ctypes.c_void_p
    pulse.pa_simple_new.argtypes = [
        ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int),
    ]  # fmt: skip
    pulse.pa_simple_write.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.POINTER(ctypes.c_int),
    ]
    pulse.pa_simple_drain.argtypes = [ctypes.c_void_p, ctypes.POINTER(ctypes.c_int)]
    pulse.pa_simple_free.argtypes = [ctypes.c_void_p]
    pulse.pa_simple_free.restype = None
    return pulse


def _wav(pcm: bytes) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm)
    return out.getvalue()


@functools.cache
def _wav_file(pcm: bytes) -> Path:
    path = Path(tempfile.mkdtemp(prefix="barohelp-sound-")) / "sound.wav"
    path.write_bytes(_wav(pcm))
    return path


def _play_windows(pcm: bytes) -> bool:
    import winsound

    try:
        winsound.PlaySound(  # type: ignore[attr-defined,unused-ignore]
            str(_wav_file(pcm)),
            winsound.SND_FILENAME | winsound.SND_ASYNC,  # type: ignore[attr-defined,unused-ignore]
        )
    except RuntimeError:
        return False
    return True


def _play_command(command: list[str], pcm: bytes) -> bool:
    try:
        subprocess.Popen(  # noqa: S603  (a fixed path and a file of our own)
            [*command, str(_wav_file(pcm))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return False
    return True
