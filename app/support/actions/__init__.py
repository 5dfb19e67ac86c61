"""Writes of remote support: one function is one complete deed, with its messages, timeline and audit entry.

slots.py       the agent's places: open, close, new code, connect by itself
codes.py       drawing, redrawing and wiping access codes (inside other deeds)
arrivals.py    the customer's way in by code or number, up to the program's start
programs.py    the customer program: join, started, consent, revoked
sessions.py    accept, release, end, and the survey afterwards
ending.py      the end of a support session, inside other deeds
channels.py    participants' keys, tickets and how their channels are
expiry.py      what time does: codes, arrivals, resume windows, old messages
"""
