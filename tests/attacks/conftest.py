"""Two clinics with one of everything each, and a look at every row behind the program's back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from scheduler.embedded import Server
from tests.api.everything import Everything, everything
from tests.attacks.stored import Stored
from tests.conftest import as_superuser


@pytest.fixture
def ours(app: Flask, at: Callable[[Any], None]) -> Everything:
    return everything(app, name="Ours")


@pytest.fixture
def theirs(app: Flask, ours: Everything) -> Everything:
    return everything(app, name="Theirs")


@pytest.fixture
def stored(app: Flask, server: Server, database: str) -> Iterator[Stored]:
    with as_superuser(server, database) as connection:
        yield Stored(connection)
