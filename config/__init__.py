"""What the server processes are told at start: one frozen Settings, the log format, gunicorn's options.

The programs on people's desktops parse their own arguments and import nothing from here.
"""
