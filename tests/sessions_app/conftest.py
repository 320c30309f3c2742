"""What the tests of the lower app share."""

import pytest

from sessions_app import extensions


@pytest.fixture
def no_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rooms in which nobody answers: what people say is all there is."""
    for name in ("on_post", "on_open", "on_close"):
        monkeypatch.setattr(extensions, name, [])
