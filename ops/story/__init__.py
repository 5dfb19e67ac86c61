"""`make story`: the whole product played by clicks and keys alone, on real displays.

__main__.py tells the story, product.py runs `make run` beside whatever else runs, screens.py holds the two
people: the agent at an X display of their own, the customer at the demo PC as a newcomer sees it, through
the browser.
"""
