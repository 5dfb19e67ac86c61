"""`python -m customer_agent`: see app.py."""

from __future__ import annotations

import sys

from customer_agent.app import main

if __name__ == "__main__":
    sys.exit(main())
