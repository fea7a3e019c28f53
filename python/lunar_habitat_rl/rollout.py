"""Recordings of episodes: what a policy saw, did and got, as columns of numpy arrays and as Parquet files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from . import _native, task
from .habitat_env import HabitatEnv
from .habitat_vector_env import HabitatVectorEnv

#: Columns that every rollout has, in their order.
COLUMNS = (
    "run",
    "env_id",
    "episode",
    "step",
    "is_final",
    "t_s",
    "duration_s",
    "reward",
    "status",
    "reason",
)


@dataclass(frozen=True, eq=False)
class Rollout:
    """Rows of episodes, side by side and in order: one for each decision and a final one for each episode.

    A row holds the moment before an action and what came of the action. The final row of an episode holds what was
    seen last; nothing was done there, so its action, duration, reward, terms and costs are NaN.

    ============================= ================ ===========================================================
    column                        dtype            meaning
    ============================= ================ ===========================================================
    ``run, env_id, episode``      uint64           which episode: seed, environment, number
    ``step``                      uint64           decisions taken before the row
    ``is_final``                  bool             the row is the end of an episode
    ``t_s``                       float64          mission time, s
    ``duration_s``                float64          time that the decision took, s
    ``reward``                    float64          weighted sum of the terms
    ``status``                    str              ``running``, ``terminated`` or ``truncated``, after the decision
    ``reason``                    str              why the mission was lost, else empty
    ``obs.FIELD, action.DIAL``    float32          from -1 to 1; actions as they were given
    ``term.NAME, cost.NAME``      float32          reward terms and costs of the decision
    ``param.KEY``                 float64          numbers drawn for the episode or given; NaN without
    ``shield.limit``              str              under a shield: the limit for which the rules took over, else empty
    ``shield.breaks_s``           float64          time after which it would have broken; also ``shield.rules_break_s``
    ``asked.DIAL``                float32          what was asked for where the rules took over; NaN elsewhere
    ============================= ================ ===========================================================

    Every array is of one dimension and of :meth:`__len__` rows. ``facts`` are texts by key: ``scenario``,
    ``scenario_hash``, ``task_hash``, ``reward``, ``weights``, ``version``, and for columns ``unit:COLUMN``,
    ``words:COLUMN``, ``low:COLUMN`` and ``high:COLUMN`` (what -1 and 1 stand for).
    """

    columns: dict[str, np.ndarray]
    facts: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Rows, the final ones among them."""
        return len(self.columns["run"])

    def __getitem__(self, name: str) -> np.ndarray:
        """The column ``name``."""
        return self.columns[name]

    def names(self, group: str) -> list[str]:
        """Names within a group of columns: ``obs``, ``action``, ``term``, ``cost`` or ``param``."""
        start = group + "."
        return [name[len(start) :] for name in self.columns if name.startswith(start)]

    def matrix(self, group: str) -> np.ndarray:
        """The columns of a group side by side: (rows, names), float32, of ``param`` float64."""
        columns = [self.columns[f"{group}.{name}"] for name in self.names(group)]
        if not columns:
            return np.empty((len(self), 0), np.float32)
        return np.stack(columns, axis=1)

    def episodes(self) -> Iterator[dict[str, Any]]:
        """Each episode of n decisions as arrays: ``observations`` (n + 1, fields), ``actions`` (n, dials), ``rewards``,
        ``durations_s``, ``terminations``, ``truncations`` (n,), ``terms`` (n, terms), ``costs`` (n, costs), and
        ``run``, ``env_id``, ``episode``, ``status``, ``reason``.
        """
        matrices = {group: self.matrix(group) for group in ("obs", "action", "term", "cost")}
        start = 0
        for last in np.flatnonzero(self["is_final"]):
            taken = slice(start, last)
            status = self["status"][taken]
            yield {
                "observations": matrices["obs"][start : last + 1],
                "actions": matrices["action"][taken],
                "rewards": self["reward"][taken],
                "durations_s": self["duration_s"][taken],
                "terminations": status == "terminated",
                "truncations": status == "truncated",
                "terms": matrices["term"][taken],
                "costs": matrices["cost"][taken],
                "run": int(self["run"][last]),
                "env_id": int(self["env_id"][last]),
                "episode": int(self["episode"][last]),
                "status": str(self["status"][last]),
                "reason": str(self["reason"][last]),
            }
            start = last + 1

    def same_bits(self, other: Rollout) -> bool:
        """Whether both have the same columns, facts and bits; a NaN equals itself, and 0.0 is not -0.0."""
        if list(self.columns) != list(other.columns) or self.facts != other.facts:
            return False
        pairs = ((column, other.columns[name]) for name, column in self.columns.items())
        return all(_same_bits(one, two) for one, two in pairs)

    def to_parquet(self, path: str | os.PathLike[str]) -> None:
        """Write a Parquet file, whole or not at all; an older file is replaced.

        pyarrow, pandas, polars and everything else that reads Parquet can read it; none of them is needed.

        Raises ``OSError`` where the system refuses, a full disk among it; ``TypeError`` for a column or a fact of another
        type, ``ValueError`` for columns of different lengths. An older file is untouched then.
        """
        self._write(path, is_arrow=False)

    def to_arrow(self, path: str | os.PathLike[str]) -> None:
        """Write a file of Arrow (IPC, which Feather 2 is), uncompressed, for readers that map it into memory.

        ``pyarrow.feather``, ``pandas.read_feather`` and ``polars.read_ipc`` read it; :func:`read_parquet` does not. Facts are
        the metadata of the schema. Raises what :meth:`to_parquet` raises.
        """
        self._write(path, is_arrow=True)

    def _write(self, path: str | os.PathLike[str], is_arrow: bool) -> None:
        _check_facts(self.facts)
        columns = {name: _as_column(column) for name, column in self.columns.items()}
        _native.write_frame(os.fspath(path), columns, list(self.facts.items()), is_arrow)


def _same_bits(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether both have the same values to the bit; texts are compared as texts, whatever width they are kept in."""
    if one.dtype.kind in "UO" and two.dtype.kind in "UO":
        return one.tolist() == two.tolist()
    return one.dtype == two.dtype and one.tobytes() == two.tobytes()


def _check_facts(facts: Mapping[str, str]) -> None:
    """Facts are texts by text."""
    for key, value in facts.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise TypeError(f"fact {key!r} is {value!r}: allowed are texts by text")


def _as_column(column: Any) -> Any:
    """What the module below takes: texts as a list, everything else as it is."""
    array = np.asarray(column)
    return array.tolist() if array.dtype.kind in "UO" else array


def _rollout(columns: dict[str, Any], facts: list[tuple[str, str]]) -> Rollout:
    """A rollout of what the module below returns."""

    def array(column: Any) -> np.ndarray:
        if isinstance(column, np.ndarray):
            return column
        words, places = column
        return np.array(words, dtype=str)[places]

    return Rollout({name: array(column) for name, column in columns.items()}, dict(facts))


def read_parquet(path: str | os.PathLike[str]) -> Rollout:
    """The rollout in a Parquet file, bit for bit as it was written.

    Files that pandas, polars or pyarrow wrote of chosen rows are read too; a missing number with a fraction is NaN.

    Raises ``OSError`` where the system refuses, and ``ValueError`` for a file that is cut off, damaged or no rollout.
    """
    rollout = _rollout(*_native.read_frame(os.fspath(path)))
    missing = [name for name in COLUMNS if name not in rollout.columns]
    if missing:
        raise ValueError(f"`{os.fspath(path)}` is no rollout: column `{missing[0]}` is missing")
    return rollout


def record(
    env: Any,
    policy: Callable[[np.ndarray], Any],
    episodes: int = 1,
    seed: int | None = None,
    facts: Mapping[str, str] | None = None,
) -> Rollout:
    """Play episodes and record them.

    Parameters
    ----------
    env: a :class:`HabitatEnv` or :class:`HabitatVectorEnv`, wrapped or not. What is recorded is what the habitat shows
        and gets, below any wrapper.
    policy: the action for an observation, (fields,) to (dials,); of a vector (lanes, fields) to (lanes, dials).
    episodes: how many. The lanes of a vector share them, the first lanes taking one more where they do not divide: to
        take those that end first would prefer missions that are lost.
    seed: as in ``reset``; without one the environment goes on with its next episodes.
    facts: more facts to keep, such as the name of the policy.

    Returns
    -------
    The episodes, lane after lane: lane ``i`` of a vector gives what ``HabitatEnv(env_id=base_env + i)`` gives. An
    episode that a wrapper cut off has the status ``running``. The environment is left where it is; reset it before
    the next use.

    Raises
    ------
    TypeError for another environment, ValueError for a number of episodes below 1 and for a fact that is there
    already; whatever ``policy``, ``reset`` and ``step`` raise.
    """
    base = getattr(env, "unwrapped", env)
    if not isinstance(base, (HabitatEnv, HabitatVectorEnv)):
        raise TypeError(
            f"env is a {type(base).__name__}: allowed are HabitatEnv and HabitatVectorEnv, wrapped or not"
        )
    if isinstance(episodes, bool) or not isinstance(episodes, (int, np.integer)) or episodes < 1:
        raise ValueError(f"episodes {episodes!r}: allowed are whole numbers of at least 1")
    native = base.native
    facts = dict(facts or {})
    _check_facts(facts)
    # What a recording says of itself is known before anything is played.
    native.record([0] * getattr(base, "num_envs", 1))
    taken = [key for key, _ in native.recorded()[1] if key in facts]
    if taken:
        raise ValueError(f"fact {taken[0]!r} is there already: allowed are other keys")
    try:
        if isinstance(base, HabitatVectorEnv):
            _play_lanes(env, base, policy, int(episodes), seed)
        else:
            _play(env, native, policy, int(episodes), seed)
    finally:
        recorded = native.recorded()
    rollout = _rollout(*recorded)
    rollout.facts.update(facts)
    return rollout


def _play(env: Any, native: Any, policy: Any, episodes: int, seed: int | None) -> None:
    """Play one environment; the recorder below is told to keep everything."""
    native.record([task.SEED_END - 1])
    for number in range(episodes):
        observation, _ = env.reset(seed=seed if number == 0 else None)
        ended = False
        while not ended:
            observation, _, terminated, truncated, _ = env.step(policy(observation))
            ended = terminated or truncated


def _play_lanes(env: Any, base: HabitatVectorEnv, policy: Any, episodes: int, seed: int | None) -> None:
    """Play a vector until every lane has played its share; lanes that are done play on unrecorded."""
    share, more = divmod(episodes, base.num_envs)
    observations, _ = env.reset(seed=seed)
    base.native.record([share + (lane < more) for lane in range(base.num_envs)])
    while base.native.recording_left() > 0:
        observations, _, terminated, truncated, _ = env.step(policy(observations))
        ended = terminated | truncated
        if base.autoreset_mode is AutoresetMode.DISABLED and ended.any():
            observations, _ = env.reset(options={"reset_mask": ended})
