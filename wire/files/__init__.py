"""The files channel of a participant, docs/wire.md part 6: files and folders both ways, sans-I/O.

messages.py    the frozen dataclasses, each with TYPE, SENDER, OPTION, RIGHT, and the chunk's 21-byte head
names.py       what a path may be on the wire, and which name it gets on a disk
pacing.py      how much may be on its way, so that the screen beside it stays quick
sending.py     Outbox: what this end sends, and where it goes on after a break
receiving.py   Inbox: what this end is offered, stores and checks
protocol.py    FilesProtocol: both together, hello, requests, limits
"""
