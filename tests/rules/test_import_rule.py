"""The import rule (pyproject.toml, `make check`) binds every file it is meant to."""

import tomllib

import config

CONTRACTS = tomllib.loads((config.PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
SCHEDULER = config.PROJECT / "scheduler"


def test_every_file_of_rules_is_bound_to_be_pure() -> None:
    (pure,) = (c for c in CONTRACTS if c["name"].startswith("Rules are pure"))
    files = {f"scheduler.{p.parent.name}.{p.stem}" for p in SCHEDULER.glob("*/rules_*.py")}
    assert files == {m for m in pure["source_modules"] if ".rules_" in m}
    assert "scheduler.*.rules" in pure["source_modules"]


def test_every_noun_is_bound_to_the_order_inside() -> None:
    (inside,) = (c for c in CONTRACTS if c["name"].startswith("Inside a noun"))
    others = {"access", "check", "demo", "web"}  # no nouns: other names inside
    folders = {p.parent.name for p in SCHEDULER.glob("*/__init__.py")} - others
    assert {f"scheduler.{name}" for name in folders} == set(inside["containers"])
