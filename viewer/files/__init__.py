"""Files of a support session on the agent's side.

desk.py           what the agent sends, asks for and receives
words.py          sentences for states and codes
files_window.py   the list with its buttons
folder_window.py  the customer's folders, to get something out of them
app.py            joins desk, windows and the remote window's model
"""
