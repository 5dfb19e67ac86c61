"""The windows of the customer program; only files named *_window.py touch Tk.

join_window      company id and code, before anything is connected
consent_window   who asks, what they may do: allow or deny
panel_window     the notice panel while somebody may see this computer
ended_window     thank you
"""
