"""What tests of the server share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.server.editor import Editor


@pytest_asyncio.fixture
async def editor() -> AsyncIterator[Editor]:
    """An editor; a server that a test has started is ended in good order."""
    found = Editor()
    yield found
    server = found.client._server
    if server is not None and server.returncode is None:
        assert await found.stop() == 0
