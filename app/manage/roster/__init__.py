"""Agents and departments from and to files: read, planned, looked at, then taken over all at once.

rules.py       what a file says, compared with what is there (pure)
queries.py     what is there, and the rows of an export
taking.py      the deed: everything or nothing
upload.py      the file between looking and taking over, sealed, for a day
"""
