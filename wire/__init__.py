"""Bytes to values and back: the language that web half, relay, viewer and customer program share.

Nothing in here opens a socket, starts a thread or reads a clock; callers bring bytes and times.
"""
