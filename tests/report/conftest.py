"""A browser for each file of tests that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.report.browser import Browser

pytest.register_assert_rewrite("tests.report.readable")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    from tests.report.browser import Browser  # selenium: the other tests here do without

    opened = Browser(tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.driver.quit()
