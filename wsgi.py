"""Entry point of the web half: gevent's patch first, then the app; nothing else."""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402
import sys  # noqa: E402

from app import create_app  # noqa: E402
from config import logging  # noqa: E402
from config.settings import SettingsError, load  # noqa: E402

try:
    settings = load(os.environ)
except SettingsError as error:
    sys.exit(f"BaroHelp cannot start: {error}.")
logging.configure(settings)
app = create_app(settings)
