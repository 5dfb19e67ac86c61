"""Every limit on what a peer may send, in one place; checked before memory is taken.

Sizes in bytes, times in seconds. Sources: docs/decisions/0002-limits.md and the RFB registry.
"""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# Sockets (relay and web half)
MAX_REQUEST_HEAD: Final = 8 * KIB
MAX_FRAME: Final = 1 * MIB
MAX_CONTROL_FRAME: Final = 125
HANDSHAKE_TIMEOUT_S: Final = 10.0
PAIR_WAIT_S: Final = 30.0
MAX_WAITING_LEGS: Final = 20_000

# Tickets
TICKET_LIFETIME_S: Final = 60
MAX_TICKET: Final = 2 * KIB

# Sealed channels
MAX_RECORD: Final = 256 * KIB
SEAL_OVERHEAD: Final = 16
MAX_SEALED_PLAIN: Final = MAX_RECORD - SEAL_OVERHEAD

# The straight way between two programs
DIRECT_TOKEN_BYTES: Final = 16
MAX_DIRECT_PLACES: Final = 16
MAX_DIRECT_STRANGERS: Final = 8
DIRECT_TOKEN_S: Final = 3.0
DIRECT_SEALED_S: Final = 5.0
DIRECT_BEAT_S: Final = 1.0
DIRECT_DEAD_S: Final = 4.0

# Signal socket
MAX_SIGNAL_MESSAGE: Final = 16 * KIB
MAX_SIGNAL_QUEUE: Final = 256
MAX_REPORT: Final = 500
SIGNAL_BEAT_S: Final = 4.0
SIGNAL_DEAD_S: Final = 8.0
SIGNAL_SEND_DEADLINE_S: Final = 10.0

# The programs' links
CONNECT_TIMEOUT_S: Final = 10.0
MAX_LINK_PENDING: Final = 64 * MIB
LINK_LOW_WATER: Final = 64 * KIB
RETRY_FIRST_S: Final = 0.25
RETRY_MOST_S: Final = 30.0
RETRY_CONNECTED_S: Final = 2.0
MAX_WEB_ANSWER: Final = 256 * KIB

# Control channel
MAX_CONTROL_RECORD: Final = 64 * KIB
MAX_CONTROL_PER_SECOND: Final = 200
MAX_CONTROL_QUEUE: Final = 256
CONTROL_BEAT_S: Final = 0.5
CONTROL_UNSTABLE_S: Final = 1.5
CONTROL_DEAD_S: Final = 8.0

# Files channel
MAX_FILE_RECORD: Final = 64 * KIB
MAX_FILE_CHUNK: Final = 256 * KIB - SEAL_OVERHEAD - 21  # its head has 21 bytes
MAX_FILE_WINDOW: Final = 1 * MIB  # on their way and not yet stored: what a break may send again
MAX_FILE_SIZE: Final = 2**40
MAX_JOB_FILES: Final = 100_000
MAX_OPEN_JOBS: Final = 32
MAX_OPEN_FILES: Final = 64
MAX_OPEN_REQUESTS: Final = 8
MAX_FILE_RECORDS_PER_SECOND: Final = 4000
MAX_NAME_BYTES: Final = 255
MAX_PATH_CHARS: Final = 4096
MAX_PATH_PARTS: Final = 32

# RFB
MAX_DESKTOP_SIDE: Final = 16_384
MAX_DESKTOP_PIXELS: Final = 7680 * 4320
MAX_DESKTOP_NAME: Final = 1 * KIB
MAX_RECTS_PER_UPDATE: Final = 16_384
MAX_ENCODINGS: Final = 1024
MAX_CUT_TEXT: Final = 10 * MIB
MAX_CURSOR_SIDE: Final = 256
MAX_FENCE_PAYLOAD: Final = 64
MAX_SCREENS: Final = 16
MAX_TIGHT_LENGTH: Final = 4 * MIB
MAX_TIGHT_WIDTH: Final = 2048
MAX_TIGHT_AREA: Final = 2048 * 2048
MAX_TIGHT_PIXELS: Final = 2048 * 680  # what we send: full colour fits MAX_TIGHT_LENGTH even if nothing packs
MAX_RECT_PAYLOAD: Final = 32 * MIB
MAX_FOREIGN_RECT_PIXELS: Final = MAX_RECT_PAYLOAD // 4  # one ZRLE, Hextile or RRE rectangle
MAX_UPDATE_COVERS: Final = 4  # how often the rectangles of one update may cover the desktop, all together
MAX_REASON: Final = 4 * KIB
MAX_COLOUR_MAP: Final = 256
