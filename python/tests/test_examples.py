"""Every example is short, runs to its end and prints something; one that needs a peer is run where the peer is."""

import ast
import importlib.util
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
#: What the package itself needs: there wherever these tests run.
LIGHT = {"gymnasium", "lunar_habitat_rl", "numpy"}


def packages(example):
    """Packages that an example imports beside the standard library."""
    found = set()
    for node in ast.walk(ast.parse(example.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names)


def missing(example):
    return sorted(name for name in packages(example) if importlib.util.find_spec(name) is None)


def run(example):
    """Run an example as a program; it ends, if by ``SystemExit``, without an error code."""
    try:
        runpy.run_path(str(example), run_name="__main__")
    except SystemExit as end:
        assert not end.code, end.code


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_prints(example, capsys):
    if away := missing(example):
        pytest.skip(f"{', '.join(away)} not installed: cargo xtask test --peers")
    run(example)
    shown = capsys.readouterr().out
    assert shown.strip() and "nan" not in shown and "is missing" not in shown


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_shorter_than_sixty_lines(example):
    assert len(example.read_text().splitlines()) < 60


@pytest.mark.parametrize("example", [e for e in EXAMPLES if packages(e) - LIGHT], ids=lambda path: path.stem)
def test_an_example_whose_peer_is_missing_says_so_and_ends(example, capsys, monkeypatch):
    for name in packages(example) - LIGHT:
        # None in place of a module makes its import fail.
        for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == name]:
            monkeypatch.delitem(sys.modules, loaded)
        monkeypatch.setitem(sys.modules, name, None)
    run(example)
    shown = capsys.readouterr().out
    assert "is missing: pip install" in shown and "nothing was trained" in shown


def test_there_are_examples_with_and_without_peers():
    heavy = {example.stem: packages(example) - LIGHT for example in EXAMPLES if packages(example) - LIGHT}
    assert heavy == {
        "cleanrl_ppo": {"torch"},
        "optuna_sweep": {"optuna"},
        "rllib_ppo": {"ray"},
        "stable_baselines3_ppo": {"stable_baselines3"},
    }
    assert len(EXAMPLES) - len(heavy) >= 4
