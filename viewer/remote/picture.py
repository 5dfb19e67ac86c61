"""The customer's desktop as pixels: decodes what the link brings, scales it, and says what changed. No Tk.

One worker thread does both, so that the Tk thread only copies finished pixels to the screen and the link
thread only reads. The order of events is kept; a size change comes between the rectangles it belongs between.

    link thread   picture.put(event)            # Ready, RectReceived, UpdateDone, Resized, FenceReceived
    worker        FrameDecoder, scaling, then on_change()
    Tk thread     frame = picture.take()        # pixels of the view and the areas to paint

Bounded: above MAX_WAITING of work (bytes of payload, and half the pixels that they stand for: a few bytes may
fill a desktop) `on_hold(True)` asks the link to stop reading, below a quarter `on_hold(False)`. So about a
second of decoding waits at most, whatever a server sends.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from viewer.remote.geometry import Damage, Rect, View
from wire.errors import ProtocolError
from wire.limits import MIB
from wire.rfb.decoding import FrameDecoder
from wire.rfb.events import FenceReceived, Ready, RectReceived, Resized, UpdateDone
from wire.rfb.pixels import Pixels

__all__ = ["Frame", "Picture", "PictureEvent", "scale_into"]

MAX_WAITING: Final = 32 * MIB
_EVENT_WORK: Final = 1024
"""What any rectangle costs beside its bytes and pixels, in the same unit."""

PictureEvent: TypeAlias = Ready | RectReceived | UpdateDone | Resized | FenceReceived

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Scale:
    factor: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What to paint: `pixels` of the whole view (view_height × view_width × 4, B G R X) and the changed
    areas.

    `is_new`: size or scale changed, everything before is void.
    """

    view: View
    pixels: Pixels
    areas: list[Rect]
    is_new: bool


class Picture:
    """The pixels of one remote desktop. Callbacks run on the worker thread."""

    def __init__(
        self,
        *,
        on_change: Callable[[], object],
        on_fence: Callable[[FenceReceived], object] = lambda _: None,
        on_failed: Callable[[ProtocolError], object] = lambda _: None,
        on_hold: Callable[[bool], object] = lambda _: None,
    ) -> None:
        """on_change: there is something to `take`. on_fence: what came before the fence is decoded.
        on_failed: a rectangle broke the contract; nothing more is decoded until the next Ready.
        """
        self._on_change = on_change
        self._on_fence = on_fence
        self._on_failed = on_failed
        self._on_hold = on_hold
        self._queue: queue.SimpleQueue[PictureEvent | _Scale | None] = queue.SimpleQueue()
        self._waiting_work = 0
        self._is_stopping = False
        self._is_held = False
        self._counting = threading.Lock()
        # Guards everything below against the Tk thread.
        self._lock = threading.Lock()
        self._desktop: Pixels = np.zeros((1, 1, 4), np.uint8)
        self._view = View(1, 1, 1, 1)
        self._shown: Pixels = self._desktop
        self._damage = Damage()
        self._is_new = False
        self._factor = 1.0
        self._has_picture = False
        self._unscaled = Damage()
        self._decoder: FrameDecoder | None = None
        self._thread = threading.Thread(target=self._run, name="picture", daemon=True)

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker and wait for it, ≤ 2 s; what waits is not decoded any more."""
        self._is_stopping = True
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(2)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the desktop in px."""
        return self._view.width, self._view.height

    @property
    def has_picture(self) -> bool:
        """Whether a first update has been decoded."""
        return self._has_picture

    def put(self, event: PictureEvent) -> None:
        """Take the next event of the link; any thread, in order."""
        self._count(_work_of(event))
        self._queue.put(event)

    def set_factor(self, factor: float) -> None:
        """Scale the view by `factor` from now on; any thread. The next frame is a new one."""
        self._queue.put(_Scale(factor))

    def take(self) -> Frame:
        """The view and what changed in it since the last call, which forgets it. The pixels are shared, not
        copied: the worker may be writing into them, and what it writes comes again as a changed area.
        """
        with self._lock:
            is_new, self._is_new = self._is_new, False
            areas = self._damage.take()
            return Frame(self._view, self._shown, [self._view.area] if is_new else areas, is_new)

    def copy(self) -> Pixels:
        """The desktop as it is now, unscaled, for a picture file."""
        with self._lock:
            return self._desktop.copy()

    # -- the worker

    def _run(self) -> None:
        while (event := self._queue.get()) is not None and not self._is_stopping:
            self._count(-_work_of(event))
            try:
                self._handle(event)
            except ProtocolError as error:
                self._decoder = None
                self._on_failed(error)
            except Exception as error:
                # The edge of this thread: a picture that stopped without a word would look like a slow line.
                log.exception("picture_worker_failed")
                self._decoder = None
                self._on_failed(ProtocolError(f"{type(error).__name__} while decoding"))

    def _handle(self, event: PictureEvent | _Scale) -> None:
        match event:
            case RectReceived():
                self._decode(event)
            case UpdateDone():
                self._finish()
            case Ready(width, height):
                self._decoder = FrameDecoder()
                self._resize(width, height)
            case Resized(width, height):
                self._resize(width, height)
            case FenceReceived():
                self._on_fence(event)
            case _Scale(factor):
                if factor != self._factor:
                    self._factor = factor
                    self._resize(self._view.width, self._view.height)

    def _decode(self, event: RectReceived) -> None:
        if self._decoder is None:
            return
        self._decoder.apply(event, self._desktop)
        self._unscaled.add(Rect(event.x, event.y, event.width, event.height))

    def _finish(self) -> None:
        """An update is whole: scale what it changed and show it."""
        areas = []
        for rect in self._unscaled.take():
            area = self._view.touched(rect)
            if self._shown is not self._desktop:
                scale_into(self._desktop, self._shown, self._view, area)
            areas.append(area)
        with self._lock:
            self._has_picture = True
            for area in areas:
                self._damage.add(area)
        self._on_change()

    def _resize(self, width: int, height: int) -> None:
        view = View.of(width, height, self._factor)
        desktop = self._desktop
        if desktop.shape[:2] != (height, width):
            desktop = np.zeros((height, width, 4), np.uint8)
            kept_h, kept_w = min(height, self._desktop.shape[0]), min(width, self._desktop.shape[1])
            desktop[:kept_h, :kept_w] = self._desktop[:kept_h, :kept_w]
        shown = desktop
        if not view.is_exact:
            shown = np.zeros((view.view_height, view.view_width, 4), np.uint8)
            scale_into(desktop, shown, view, view.area)
        self._unscaled.take()
        with self._lock:
            self._desktop, self._shown, self._view = desktop, shown, view
            self._damage.take()
            self._is_new = True
        self._on_change()

    def _count(self, size: int) -> None:
        if size == 0:
            return
        with self._counting:
            self._waiting_work += size
            hold = self._waiting_work > (MAX_WAITING // 4 if self._is_held else MAX_WAITING)
            changed, self._is_held = hold != self._is_held, hold
        if changed:
            self._on_hold(hold)


def _work_of(event: PictureEvent | _Scale) -> int:
    """How much work waits with an event, in bytes of payload."""
    match event:
        case RectReceived():
            return len(event.payload) + event.width * event.height // 2 + _EVENT_WORK
        case Resized(width, height):
            return width * height // 2
    return 0


def scale_into(desktop: Pixels, shown: Pixels, view: View, area: Rect) -> None:
    """Write `area` of the view into `shown`, scaled from `desktop`: as scaling all of it, ± 2 of 255."""
    if area.is_empty:
        return
    across, down = view.width / view.view_width, view.height / view.view_height
    # The filter looks beyond the area; it is given a margin and only the inside is kept.
    margin = 2
    wide = Rect(area.x - margin, area.y - margin, area.w + 2 * margin, area.h + 2 * margin).cut(view.area)
    box = (wide.x * across, wide.y * down, wide.right * across, wide.bottom * down)
    left, top = int(box[0]), int(box[1])
    right, bottom = min(view.width, int(np.ceil(box[2]))), min(view.height, int(np.ceil(box[3])))
    source = np.ascontiguousarray(desktop[top:bottom, left:right])
    image = Image.frombuffer("RGBX", (right - left, bottom - top), source, "raw", "RGBX", 0, 1)
    inner = (
        box[0] - left,
        box[1] - top,
        min(box[2] - left, right - left),
        min(box[3] - top, bottom - top),
    )
    is_whole_multiple = view.view_width % view.width == 0 and view.view_height % view.height == 0
    kind = Image.Resampling.NEAREST if is_whole_multiple else Image.Resampling.BILINEAR
    pixels = np.asarray(image.resize((wide.w, wide.h), kind, box=inner))
    x, y = area.x - wide.x, area.y - wide.y
    shown[area.y : area.bottom, area.x : area.right] = pixels[y : y + area.h, x : x + area.w]
