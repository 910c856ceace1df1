"""What every journey stands on: one throw-away certificate authority per session."""

from __future__ import annotations

import pytest

from tests.support.tls import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))
