"""The third quarter of the histories: whatever is reordered, doubled or late, the end is the same (`ends.py`)."""

from __future__ import annotations

import pytest

from tests.histories.ends import told

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(1800)]

test_the_end_is_that_of_the_ordered_history = told(3)
