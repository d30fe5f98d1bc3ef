from __future__ import annotations

from pathlib import Path

import pytest

from tests.db.files import database, database_file, migrated_file
from tests.faults.trial import make_template

__all__ = ["database", "database_file", "migrated_file"]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("faults"))
