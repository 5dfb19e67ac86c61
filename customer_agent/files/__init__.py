"""Files of a support session on the customer's side.

desk.py          what an agent may: judged message by message; what the customer is asked
browse.py        what is in a folder, for the agent who may look
record.py        what became of each file, told to the web half
words.py         sentences of the window
files_window.py  what comes and goes, and the agent's wish for a file
"""
