"""The demo customer's PC: a virtual desktop that a newcomer uses in their own browser.

__main__.py starts and ends it, page.py shows it on a loopback-only page, desktop.py draws its background and
icons, look/ holds the window manager's and the terminal's settings.
"""
