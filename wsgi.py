"""Entry point of the web half: gevent's patch first, then the app; nothing else."""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402

from app import create_app  # noqa: E402
from config.settings import load  # noqa: E402

app = create_app(load(os.environ))
