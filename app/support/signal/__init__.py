"""The web half's end of the signal socket (`barohelp.signal.1`), docs/wire.md part 1.

models.py     streams, their numbered messages, tickets of the door, commands already done
streams.py    write a message into a stream, read on after a number, acknowledge: the database side
snapshots.py  the whole model of a program, when it cannot go on where it was
outgoing.py   from a stored message to the text that is sent now (offers get their tickets here)
commands.py   from a program's command to the action that does it
hub.py        wakes between sockets, pages and workers
sweep.py      finds what a lost wake has missed, and closes the sockets of ended log-ins and tenants
door.py       POST /signal/ticket, GET /signal: who may enter
socket.py     one open socket: the only file that sends
"""
