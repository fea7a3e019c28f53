"""What the single and the vector environment share: arguments, spaces, actions, rows of ``info``."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from ._native import Vector, cost_table, reward_terms

#: The constraints in the order of every cost vector: name, words, unit, low, high, scale, source.
COSTS: tuple[dict[str, Any], ...] = tuple(cost_table())
#: Names and units of the reward terms, in the order of every vector of terms.
TERMS: tuple[tuple[str, str], ...] = tuple(reward_terms())
COST_NAMES = tuple(cost["name"] for cost in COSTS)
TERM_NAMES = tuple(name for name, _ in TERMS)
#: Why a mission was lost, by number; the first one is the empty word.
REASONS = tuple(Vector.reason_names())
#: Limits of a shield, by number; the first one is the empty word.
LIMITS = tuple(Vector.limit_names())
LIMIT_WORDS = np.array(LIMITS, dtype=object)
REASON_WORDS = np.array(REASONS, dtype=object)
SEED_END = 2**64
RENDER_MODES = ("ansi", "rgb_array")


def make(scenario: str, reward: str | dict[str, float], **options: Any) -> Vector:
    """Lanes of ``scenario``; a dictionary of weights starts from the preset ``survival``.

    A dictionary may name another preset under ``"preset"``.
    """
    if not isinstance(scenario, str) and not hasattr(scenario, "__fspath__"):
        raise TypeError(f"scenario is a {type(scenario).__name__}: allowed is a name, a file or a text")
    scenario = str(scenario)
    if "\n" in scenario:
        options["text"], scenario = scenario, "text"
    if isinstance(reward, str):
        preset, weights = reward, {}
    else:
        weights = dict(reward)
        preset = weights.pop("preset", "survival")
    pairs = [(str(term), float(weight)) for term, weight in weights.items()]
    return Vector(scenario, reward=preset, weights=pairs, **options)


def box(width: int) -> spaces.Box:
    """Every entry from -1 to 1."""
    return spaces.Box(-1.0, 1.0, (width,), np.float32)


def as_actions(actions: Any, shape: tuple[int, ...]) -> np.ndarray:
    """``actions`` as float32 in C order, of ``shape``.

    Arrays and sequences of real numbers of any width, order and stride are converted by value; everything else
    (truth values, complex numbers, texts, objects, masked arrays, another shape) is refused with ``ValueError``. A number too
    large for float32 becomes an infinity, which is treated as one.
    """
    if type(actions) is np.ndarray and actions.dtype == np.float32 and actions.shape == shape:
        # What learners hand over, at no cost; the module below copies it before anything else may run.
        return np.ascontiguousarray(actions)
    if isinstance(actions, np.ma.MaskedArray):
        raise ValueError("actions in a masked array: allowed are arrays without gaps")
    array = np.asarray(actions)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"actions of dtype {array.dtype}: allowed are real numbers")
    if array.shape != shape:
        raise ValueError(f"actions of shape {array.shape}: allowed is {shape}")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, np.float32)


def as_seed(seed: Any) -> int:
    """``seed`` as a whole number from 0 to 2^64 - 1."""
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"seed is a {type(seed).__name__}: allowed are whole numbers")
    if not 0 <= seed < SEED_END:
        raise ValueError(f"seed {seed}: allowed are whole numbers from 0 to 18446744073709551615")
    return int(seed)


def as_difficulty(difficulty: Any) -> str:
    """``difficulty`` as a word; which words a scenario knows is known below."""
    if not isinstance(difficulty, str):
        raise TypeError(f"difficulty is a {type(difficulty).__name__}: allowed are words such as 'nominal'")
    return difficulty


def as_acts(acts: Any) -> str:
    """``acts`` as a word; which words there are is known below."""
    if not isinstance(acts, str):
        raise TypeError(f"acts is a {type(acts).__name__}: allowed are 'dials' and 'thresholds'")
    return acts


def as_shield(shield: Any) -> bool:
    """``shield`` as a truth value."""
    if not isinstance(shield, (bool, np.bool_)):
        raise TypeError(f"shield is a {type(shield).__name__}: allowed are True and False")
    return bool(shield)


def as_crew_size(crew_size: Any) -> int | None:
    """``crew_size`` as a whole number from 1 to 12, or None."""
    if crew_size is None:
        return None
    if isinstance(crew_size, (bool, np.bool_)) or not isinstance(crew_size, (int, np.integer)):
        raise TypeError(f"crew_size is a {type(crew_size).__name__}: allowed are whole numbers from 1 to 12")
    if not 1 <= crew_size <= 12:
        raise ValueError(f"crew_size {crew_size}: allowed are whole numbers from 1 to 12")
    return int(crew_size)


def as_render_mode(mode: str | None) -> str | None:
    """``mode``, which is one of :data:`RENDER_MODES` or None."""
    if mode is not None and mode not in RENDER_MODES:
        raise ValueError(f"render_mode {mode!r}: allowed are None, {', '.join(map(repr, RENDER_MODES))}")
    return mode


def as_params(options: dict[str, Any] | None, allowed: tuple[str, ...] = ("params",)) -> list[tuple[str, float]]:
    """Exact values in ``options``, by key of the scenario; keys that nobody reads are refused."""
    options = options or {}
    unknown = [key for key in options if key not in allowed]
    if unknown:
        raise ValueError(f"reset option {unknown[0]!r}: allowed are {', '.join(map(repr, allowed))}")
    params = options.get("params") or {}
    return [(str(key), float(value)) for key, value in params.items()]


def step_row(arrays: dict[str, np.ndarray], lane: int) -> dict[str, Any]:
    """What one lane's step says beside observation, reward and flags; nothing of it is shared."""
    costs, terms = arrays["costs"][lane], arrays["terms"][lane]
    row = {
        "cost": costs.copy(),
        "costs": dict(zip(COST_NAMES, costs.tolist())),
        "reward_terms": dict(zip(TERM_NAMES, terms.tolist())),
        "duration_s": float(arrays["durations_s"][lane]),
        "reason": REASONS[arrays["reasons"][lane]],
    }
    if "interventions" in arrays:
        row["interventions"] = _interventions(arrays, lane)
        row["taken"] = arrays["taken"][lane].copy()
    return row


def _interventions(arrays: dict[str, np.ndarray], lane: int) -> list[dict[str, Any]]:
    """What the shield of a lane did in this step: one entry where the decision was handed over, else none."""
    place = int(arrays["interventions"][lane])
    if place == 0:
        return []
    times = {name: float(arrays[name][lane]) for name in ("breaks_s", "rules_break_s")}
    return [{"limit": LIMITS[place]} | times]


def episode_row(native: Vector, lane: int) -> dict[str, Any]:
    """Which episode a lane plays, with the numbers that were drawn for it or given.

    The key ``episode`` is left to wrappers, which put their statistics there.
    """
    found = native.lane(lane)
    return {
        "run": found["run"],
        "env_id": found["env"],
        "episode_number": found["episode"],
        "parameters": found["parameters"],
        "t_s": found["t_s"],
    }
