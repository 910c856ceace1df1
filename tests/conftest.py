"""Fixtures that every folder may use: the real PostgreSQL. Everything else is a small maker where it is needed."""

from __future__ import annotations

pytest_plugins = ["tests.support.postgres"]
