import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

ROOT = Path(__file__).parent.parent
PORTIONS = ("rhythm", "store", "stream", "services", "api")
SETTINGS = sorted(ROOT.glob("*/daykeel/*/settings.py"))
VALUES = {"context", "differences", "errors", "ledger", "measure"}
"""Modules of the core that only say what there is; so do the tables of the registry."""
CATCH_ALLS = {"utils", "helpers", "common", "base", "manager", "core"}


def settings_of(path):
    module = import_module(f"daykeel.{path.parent.name}.settings")
    return [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, BaseSettings) and one is not BaseSettings
    ]


def test_daykeel_stays_a_namespace():
    assert not list(ROOT.glob("*/daykeel/__init__.py"))
    assert {path.parent.name for path in ROOT.glob("*/daykeel")} <= set(PORTIONS)


def test_every_core_module_has_its_tests():
    modules = {path.stem for path in (ROOT / "rhythm/daykeel/rhythm").glob("[!_]*.py")}
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests/rhythm").glob("test_*.py")}

    untested = {name for name in modules - tests if not name.startswith("measures_")}
    assert untested <= VALUES


def test_no_module_is_a_catch_all():
    modules = [path for portion in PORTIONS for path in (ROOT / portion).rglob("*.py")]

    assert not [path for path in modules if path.stem in CATCH_ALLS]


@pytest.mark.parametrize("path", SETTINGS, ids=lambda path: path.parent.name)
def test_every_setting_is_in_the_operators_page(path):
    page = (ROOT / "docs/operating.md").read_text()
    names = {
        f"{one.model_config['env_prefix']}{field}".upper()
        for one in settings_of(path)
        for field in one.model_fields
    }

    assert names
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_operators_page_names_no_setting_that_does_not_exist():
    page = (ROOT / "docs/operating.md").read_text()
    known = {
        f"{one.model_config['env_prefix']}{field}".upper()
        for path in SETTINGS
        for one in settings_of(path)
        for field in one.model_fields
    }

    assert set(re.findall(r"`(DAYKEEL_[A-Z_]+)`", page)) <= known


def test_every_option_of_the_command_line_is_in_the_operators_page():
    page = (ROOT / "docs/operating.md").read_text()
    options = {
        argument.value
        for path in (ROOT / "services/daykeel/cli").glob("*.py")
        for argument in ast.walk(ast.parse(path.read_text()))
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and re.fullmatch(r"--[a-z][a-z-]*", argument.value)
    }

    assert {option for option in options if f"`{option}" not in page} == set()


def test_every_process_states_its_promise_first():
    for name in ("ingest", "stream", "sink", "alerts", "notify", "api", "canary"):
        main = next(ROOT.glob(f"*/daykeel/{name}/__main__.py"))
        assert ast.get_docstring(ast.parse(main.read_text()))
