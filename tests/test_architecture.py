"""The shape of the house: which way modules look, how large they are, and that importing them does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import errors

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "cogs", "db", "sandbox")
MODULE_LINES, FUNCTION_LINES, CLASS_LINES = 400, 60, 300
SPEAKS_TO_DISCORD = ("cogs/", "bot/cards/", "bot/client.py", "bot/messenger.py")
HOLDS_SQL = ("db/",)
BUILDS = ("bot/app.py", "bot/audio.py")


def sources(*packages: str) -> list[str]:
    found = [path for package in packages for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def tree(source: str) -> ast.Module:
    return ast.parse((ROOT / source).read_text())


def imports(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def length(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def definitions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in ast.walk(tree(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node


def test_no_module_function_or_class_has_outgrown_its_noun() -> None:
    large = []
    for source in sources(*PACKAGES, "tests"):
        if (lines := len((ROOT / source).read_text().splitlines())) > MODULE_LINES:
            large.append(f"{source}: {lines} lines")
        for node in definitions(source):
            limit = CLASS_LINES if isinstance(node, ast.ClassDef) else FUNCTION_LINES
            if length(node) > limit and not source.startswith("tests/"):
                large.append(f"{source}: {node.name} has {length(node)} lines")
    assert large == []


def test_discord_is_known_to_the_face_of_the_bot_alone() -> None:
    knowing = {
        source
        for source in sources("bot", "cogs", "db", "sandbox")
        if any(name.split(".")[0] == "discord" for name in imports(source))
    }
    assert {source for source in knowing if not source.startswith(SPEAKS_TO_DISCORD)} == set()


def test_sql_is_written_in_db_alone() -> None:
    allowed = {"sqlalchemy.ext.asyncio", "sqlalchemy.exc"}
    found = {
        (source, name)
        for source in sources("bot", "cogs")
        for name in imports(source)
        if name.split(".")[0] in ("sqlalchemy", "sqlite3", "aiosqlite", "alembic") and name not in allowed
    }
    assert found == set()


def test_one_dialect_is_named_in_one_module() -> None:
    allowed = ("db/engine.py", "db/driver.py", "db/migrate.py", "db/soundness.py")
    naming = {
        source for source in sources("db") if "sqlite" in (ROOT / source).read_text().lower() and source not in allowed
    }
    assert naming == set()


def test_only_the_composition_root_opens_sessions_and_clients() -> None:
    opened = set()
    for source in sources("bot", "cogs", "db"):
        for node in ast.walk(tree(source)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                if name in ("ClientSession", "TCPConnector", "open_database", "SystemClock", "SystemChance"):
                    opened.add(source)
    assert opened <= set(BUILDS)


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_any_module_does_nothing(package: str, tmp_path: Path) -> None:
    """With an empty environment, in an empty folder: no settings read, no file written, no line printed."""
    names = [source[:-3].replace("/", ".").removesuffix(".__init__") for source in sources(package)]
    loaded = "\n".join(f"import {name}" for name in names if not name.endswith(("__main__", "migrations.env")))
    look = "print(len(logging.root.handlers), os.listdir('.'), threading.active_count())"
    script = f"{loaded}\nimport logging, os, threading\n{look}"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    assert ended.stdout.strip() == "0 [] 1"


def test_every_error_stands_in_the_tree_its_docstring_draws() -> None:
    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert all(issubclass(one, errors.MinstrelError) for one in classes)
    assert all(one.__name__ in (errors.__doc__ or "") for one in classes)


def test_nothing_names_a_package_index_or_a_path_of_somebody_s_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    words = ("index" + "-url", "/sim" + "ple/", "files.python" + "hosted", "pypi" + ".org")
    guilty = [
        name
        for name in listed
        if Path(name).suffix in (".txt", ".toml", ".py", ".md", ".yml", "") and (ROOT / name).is_file()
        for word in words
        if word in (ROOT / name).read_text(errors="ignore")
    ]
    assert guilty == []
