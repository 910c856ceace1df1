"""One server for each file, with the cheap passwords of the tests of pages."""

from __future__ import annotations

from tests.web.conftest import _quick_passwords, site

__all__ = ["_quick_passwords", "site"]
