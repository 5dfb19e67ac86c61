"""The control channel of a participant, docs/wire.md part 4: one JSON record per sealed record.

messages.py    the frozen dataclasses, each with TYPE, SENDER, OPTION, RIGHT, and the table CONTROL_MESSAGES
protocol.py    ControlProtocol: order, numbering, limits, refusals, sans-I/O
beat.py        Heartbeat: when to beat, and whether the line is ok, unstable or lost
"""
