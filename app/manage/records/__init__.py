"""An agent's own record of the supports they gave, and what it adds up to (A12).

rules.py      what an address asks for, and the sums; pure
words.py      what results and grades are called
queries.py    the rows: always of one agent
"""
