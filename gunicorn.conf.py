"""So that plain `gunicorn wsgi:app` runs with our options too; they are in config/gunicorn.py."""

from config.gunicorn import *  # noqa: F403
from config.gunicorn import on_starting, post_worker_init, worker_int  # noqa: F401
