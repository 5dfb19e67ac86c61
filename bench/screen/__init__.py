"""The screen benchmark: fixed desktop workloads, our server and its peers in turn, one measuring client.

    python -m bench.screen [--workloads typing,scroll] [--servers ours,x0vncserver,x11vnc] [--seconds 6]

What each module decides: `workloads` what is drawn and what the picture of frame n must look like,
`display` the virtual screen, `servers` how each peer is started, `client` how frames are counted and
compared, `measure` one run, `__main__` the table.
"""
