"""What the wall says when it is leant on. These are bugs of ours, except the last two.

WallError                    a rule of the wall was broken by code
├── NoTenantError            rows of a tenant were asked for and no tenant was chosen
├── CrossTenantError         a row would have been written to another tenant
└── WriteOutsideAction       a row would have been written outside `writing()`
DatabaseBusy                 the write lock was not to be had in time: try again (503)
"""

from __future__ import annotations

from sqlalchemy.exc import DontWrapMixin

__all__ = ["CrossTenantError", "DatabaseBusy", "NoTenantError", "WallError", "WriteOutsideAction"]


class WallError(DontWrapMixin, RuntimeError):
    """A rule of the wall was broken; SQLAlchemy passes it on as it is."""


class NoTenantError(WallError):
    """Rows of a tenant were asked for outside every tenant_scope and operator_scope."""


class CrossTenantError(WallError):
    """A row of one tenant was about to be written in the scope of another."""


class WriteOutsideAction(WallError):
    """A row was about to be written outside `tenants.writing.writing()`."""


class DatabaseBusy(DontWrapMixin, Exception):
    """The write lock stayed taken for longer than an action may wait."""
