"""Hashing and checking passwords with argon2id, away from the event loop.

One check takes tens of milliseconds of pure computing. Under gevent it runs in a small pool of real threads,
so that no socket waits for it; elsewhere (command line, tests) it simply runs. It is never called inside
`writing()`, which would hold the write lock meanwhile (decision D17).
Parameters: OWASP's minimum for argon2id, 19 MiB and 2 passes; at most POOL of them at once bound the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from flask import current_app
from gevent import monkey
from gevent.threadpool import ThreadPool

from tenants.writing import is_writing

__all__ = ["hash_password", "is_right_password", "waste_time"]

POOL: Final = 4
_Result = TypeVar("_Result")


def hash_password(password: str) -> str:
    """The argon2id hash to store, with its parameters and a new salt."""
    return _away(_hasher().hash, password)


def is_right_password(stored_hash: str, password: str) -> bool:
    """Whether `password` is the one behind `stored_hash`."""
    return _away(_verify, _hasher(), stored_hash, password)


def waste_time(password: str) -> None:
    """Take as long as a real check: the answer for an unknown id must not come faster."""
    is_right_password(_dummy_hash(), password)


def _verify(hasher: PasswordHasher, stored_hash: str, password: str) -> bool:
    try:
        return hasher.verify(stored_hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def _hasher() -> PasswordHasher:
    return _hasher_for(current_app.extensions["settings"].environment == "test")


@cache
def _hasher_for(is_test: bool) -> PasswordHasher:
    if is_test:
        return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _dummy_hash() -> str:
    return _hasher().hash("nobody has this password")


@cache
def _pool() -> ThreadPool:
    return ThreadPool(POOL)


def _away(call: Callable[..., _Result], *arguments: Any) -> _Result:
    assert not is_writing(), "passwords are checked before the write lock is taken"
    if not monkey.is_module_patched("threading"):
        return call(*arguments)
    result: _Result = _pool().apply(call, arguments)
    return result
