"""The factory, the configurations and the names of the predecessor, "Lunar Habitat RL Suite" of 2025.

Its numbers are not trusted: what a configuration says is converted with a line about every key, see :func:`report`, and
names lead to missions and rewards of this package, see :data:`MISSIONS` and :data:`REWARDS`.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np

from . import task
from ._native import (
    convert_config,
    predecessor_missions,
    predecessor_presets,
    predecessor_rewards,
    read_config,
)
from .compat import V0
from .habitat_env import HabitatEnv
from .habitat_vector_env import HabitatVectorEnv

#: Scenario of this package by the predecessor's name of a mission.
MISSIONS: dict[str, str] = {name: scenario for name, scenario, _ in predecessor_missions()}
#: Reward preset of this package by the predecessor's name.
REWARDS: dict[str, str] = {name: preset for name, preset, _ in predecessor_rewards()}
#: Configurations that are known by name.
PRESETS: tuple[str, ...] = tuple(predecessor_presets())
#: How hard a mission is.
DIFFICULTIES = ("easy", "nominal", "hard", "extreme")

_NOTES = {name: note for name, _, note in (*predecessor_missions(), *predecessor_rewards()) if note}


def _choose(what: str, found: Any, allowed: Mapping[str, str] | tuple[str, ...]) -> str:
    """``found``, which is one of ``allowed``; a note about it is a warning."""
    if not isinstance(found, str) or found not in allowed:
        raise ValueError(f"{what} {found!r}: allowed are {', '.join(map(repr, allowed))}")
    if found in _NOTES:
        warnings.warn(f"{what} {found!r}: {_NOTES[found]}", stacklevel=3)
    return found


def _source(config: Any) -> tuple[str, str | None]:
    """A configuration as a name or path, or as JSON."""
    if isinstance(config, Mapping):
        try:
            return "config", json.dumps(dict(config), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ValueError(f"config: {error}; allowed are the values of a JSON file") from None
    if isinstance(config, (str, os.PathLike)):
        return os.fspath(config), None
    raise TypeError(f"config is a {type(config).__name__}: allowed are a preset, a path and a dictionary")


def report(config: Any) -> list[dict[str, Any]]:
    """What becomes of every key of a configuration, and of every event.

    Each row has ``key``, ``value``, ``unit``, ``given`` (else it is the predecessor's default), ``outcome`` (``"kept"``,
    ``"mapped"`` or ``"dropped"``), ``to`` (what the scenario says) and ``reason``. ``ValueError`` for a key or value that
    is not allowed, with what is.
    """
    name, text = _source(config)
    return convert_config(name, text)[1]


def scenario_of(
    config: Any,
    *,
    scenario: str | None = None,
    difficulty: str | None = None,
    crew_size: int | None = None,
) -> str:
    """A configuration as the text of a scenario, which :class:`HabitatEnv` takes.

    ``config`` is a preset of :data:`PRESETS`, the path of a JSON or YAML file, or a dictionary of its keys; the other
    arguments stand instead of what it says. ``ValueError`` for a key or value that is not allowed, with what is.
    """
    crew_size = task.as_crew_size(crew_size)
    difficulty = None if difficulty is None else task.as_difficulty(difficulty)
    name, text = _source(config)
    return convert_config(name, text, scenario=scenario, difficulty=difficulty, crew_size=crew_size)[0]


def make_lunar_env(
    n_envs: int = 1,
    config: Any = None,
    crew_size: int = 4,
    scenario: str = "nominal_operations",
    reward_config: str = "survival_focused",
    difficulty: str = "nominal",
    parallel: bool = True,
    seed: int | None = None,
    *,
    habitat_config: Any = None,
    compat: str | None = None,
    **options: Any,
) -> gymnasium.Env | gymnasium.vector.VectorEnv:
    """An environment by the predecessor's arguments and names.

    Parameters
    ----------
    n_envs: 1 for a :class:`HabitatEnv`, more for a :class:`HabitatVectorEnv` of as many lanes.
    config, habitat_config: a preset, the path of a JSON or YAML file, or a dictionary; None for the habitat of the mission
        as this package has it. Either of the two names.
    crew_size, scenario, difficulty: count before what a configuration says, as they did there; a warning says where
        the two differ.
    reward_config: a name of :data:`REWARDS`.
    parallel: lanes on as many threads as there are cores; else on one. Results do not depend on it.
    seed: seed of the first reset where that names none.
    compat: ``"v0"`` for the predecessor's observation and action; several environments then stand in a
        ``gymnasium.vector.SyncVectorEnv``.
    options: further arguments of the environment, such as ``decision_s``.

    Names that do not exist are refused with ``ValueError`` and those that do.
    """
    if config is not None and habitat_config is not None:
        raise ValueError("config and habitat_config: allowed is one of the two")
    config = habitat_config if config is None else config
    if isinstance(n_envs, (bool, np.bool_)) or not isinstance(n_envs, (int, np.integer)) or n_envs < 1:
        raise ValueError(f"n_envs {n_envs!r}: allowed are whole numbers from 1 on")
    if compat not in (None, "v0"):
        raise ValueError(f"compat {compat!r}: allowed are None, 'v0'")
    _choose("scenario", scenario, MISSIONS)
    _choose("difficulty", difficulty, DIFFICULTIES)
    reward = REWARDS[_choose("reward_config", reward_config, REWARDS)]
    if config is None:
        mission, options = MISSIONS[scenario], options | {"difficulty": difficulty, "crew_size": crew_size}
    else:
        name, text = _source(config)
        said = read_config(name, text)
        for key, value in (("scenario.name", scenario), ("scenario.difficulty", difficulty), ("crew.size", crew_size)):
            if key in said and said[key] != value:
                warnings.warn(
                    f"{key} is {said[key]!r} in the configuration and {value!r} in the call: the call counts", stacklevel=2
                )
        mission = scenario_of(config, scenario=scenario, difficulty=difficulty, crew_size=crew_size)
    if n_envs == 1:
        env = HabitatEnv(mission, reward=reward, seed=seed, **options)
        if compat is None:
            return env
        return V0(env)
    if compat is None:
        threads = None if parallel else 1
        return HabitatVectorEnv(
            n_envs, mission, reward=reward, seed=seed, **{"threads": threads} | options
        )

    def lane(place: int) -> V0:
        return V0(HabitatEnv(mission, reward=reward, seed=seed, **options | {"env_id": place}))

    return gymnasium.vector.SyncVectorEnv([lambda place=place: lane(place) for place in range(n_envs)])
