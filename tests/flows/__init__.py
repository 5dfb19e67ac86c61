"""Whole stories with real parts: processes, sockets, displays; no mocks."""
