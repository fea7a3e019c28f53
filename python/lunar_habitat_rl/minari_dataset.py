"""Recordings as sets of data of Minari, and back, to the bit. Needs the package ``minari`` with ``hdf5`` or ``arrow``."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium.spaces import Box

from .rollout import COLUMNS, Rollout, read_parquet

#: Key under which the names of the columns and the facts stand in the metadata of a set of data.
METADATA = "lunar_habitat_rollout"
#: Columns that come of what Minari keeps anyway.
_KEPT = ("is_final", "reward", "status")
#: Groups of columns that tell what came of a decision; all others tell the moment before it.
_RESULTS = ("duration_s", "term.", "cost.", "shield.", "asked.")


def to_minari(rollout: Rollout | str | os.PathLike[str], dataset_id: str, **options: Any) -> Any:
    """Make a set of data of Minari of a recording.

    Parameters
    ----------
    rollout: a :class:`Rollout`, or a Parquet file of one: of ``record``, of ``lunar-habitat data rollout`` or
        ``lunar-habitat data export --episodes``.
    dataset_id: its name in Minari, such as ``lunar-habitat/rules-v0``; it must not be there yet.
    options: passed on to ``minari.create_dataset_from_buffers``: ``author``, ``data_format``, …; ``algorithm_name`` is the
        fact ``controller`` and ``description`` the scenario where they are not given.

    Returns
    -------
    The ``MinariDataset``. Observations, actions, rewards, terminations and truncations have the bits of the recording.
    ``infos`` holds the other columns by their names, as Minari counts them: entry ``i`` is of the moment of observation
    ``i``, and what came of action ``i`` (``duration_s``, ``term.NAME``, ``cost.NAME``, ``shield.…``, ``asked.DIAL``,
    ``reason``) is entry ``i + 1``; entry 0 of these is NaN or empty. With the format ``arrow`` every number there is a row of
    one, since Minari does not read back others. Facts are in the metadata under :data:`METADATA`.

    Raises
    ------
    ModuleNotFoundError without ``minari``; ValueError for a recording without a whole episode and for a name that is
    there; whatever reading the file and Minari raise. Nothing is left of the set of data then.
    """
    import minari
    from minari.storage import get_dataset_path

    if not isinstance(rollout, Rollout):
        rollout = read_parquet(rollout)
    lost = [name for name in rollout.columns if "/" in name]
    if lost:
        raise ValueError(f"column {lost[0]!r}: Minari allows names without '/'")
    fields, dials = len(rollout.names("obs")), len(rollout.names("action"))
    ends = np.flatnonzero(rollout["is_final"])
    if not ends.size or ends[-1] != len(rollout) - 1 or (np.diff(ends, prepend=-1) < 2).any():
        raise ValueError("a recording for Minari has whole episodes: decisions and a final row for each")
    place = str(get_dataset_path(dataset_id))
    facts = rollout.facts
    options.setdefault("algorithm_name", facts.get("controller", facts.get("policy", "unknown")))
    options.setdefault("description", f"Missions of the lunar habitat, scenario {facts.get('scenario', 'unknown')}")
    about = {"columns": list(rollout.columns), "facts": facts}
    # Whoever has the file beside it writes it, so that nobody removes what another one has begun.
    above, name = os.path.split(place.rstrip(os.sep))
    claim = os.path.join(above, f".{name}.new")
    os.makedirs(above, exist_ok=True)
    try:
        os.close(os.open(claim, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        raise ValueError(f"dataset {dataset_id!r} is being written, or who wrote it was killed: {claim} is there") from None
    try:
        # A folder that is no whole set of data is somebody's, too.
        if os.path.exists(place):
            raise ValueError(f"dataset {dataset_id!r} is there already: remove it or take another name")
        return _written(rollout, dataset_id, place, about, (fields, dials), options)
    finally:
        os.remove(claim)


def _written(
    rollout: Rollout, dataset_id: str, place: str, about: dict[str, Any], widths: tuple[int, int], options: dict[str, Any]
) -> Any:
    """The set of data at ``place``; nothing of it stays where it cannot be made."""
    import minari

    fields, dials = widths
    try:
        dataset = minari.create_dataset_from_buffers(
            dataset_id,
            _buffers(rollout, is_wide=options.get("data_format") == "arrow"),
            observation_space=Box(-1.0, 1.0, (fields,), np.float32),
            action_space=Box(-1.0, 1.0, (dials,), np.float32),
            **options,
        )
        dataset.storage.update_metadata({METADATA: json.dumps(about)})
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return dataset


def _buffers(rollout: Rollout, is_wide: bool) -> list[Any]:
    """The episodes as Minari takes them; ``is_wide`` with every number of ``infos`` as a row of one."""
    from minari.data_collector.episode_buffer import EpisodeBuffer

    buffers = []
    start = 0
    for number, episode in enumerate(rollout.episodes()):
        rows = slice(start, start + len(episode["observations"]))
        start = rows.stop
        infos = {}
        for name, column in rollout.columns.items():
            if name in _KEPT or name.startswith(("obs.", "action.")):
                continue
            part = column[rows]
            if name == "reason":
                infos[name] = ["", *part[:-1].tolist()]
                continue
            if name.startswith(_RESULTS):
                part = np.roll(part, 1)
            is_text = part.dtype.kind in "UO"
            infos[name] = part.tolist() if is_text else part[:, np.newaxis] if is_wide else part
        buffers.append(
            EpisodeBuffer(
                id=number,
                seed=episode["run"] if episode["run"] < 2**63 else None,
                observations=episode["observations"],
                actions=episode["actions"],
                rewards=episode["rewards"],
                terminations=episode["terminations"],
                truncations=episode["truncations"],
                infos=infos,
            )
        )
    return buffers


def from_minari(dataset: Any, file: str | os.PathLike[str] | None = None) -> Rollout:
    """The recording in a set of data of Minari.

    Parameters
    ----------
    dataset: a ``MinariDataset``, or the name of one that is on this machine.
    file: write it as a Parquet file, too.

    Returns
    -------
    Of a set of data of :func:`to_minari` the recording that it was made of, bit for bit. Of any other one whose
    observations and actions are rows of numbers: columns ``obs.0``, ``action.0``, …; what such a set does not say is NaN
    (``t_s``, ``duration_s``) or counted (``episode``, ``step``).

    Raises
    ------
    ModuleNotFoundError without ``minari``; TypeError for observations or actions that are no rows of numbers, ValueError
    for a set without episodes; whatever Minari and writing the file raise.
    """
    import minari

    if isinstance(dataset, str):
        dataset = minari.load_dataset(dataset)
    about = json.loads(dataset.storage.metadata.get(METADATA, "{}"))
    parts = [_columns(episode, about.get("columns")) for episode in _episodes(dataset)]
    if not parts:
        raise ValueError(f"dataset {dataset.id!r} has no episodes")
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rollout = Rollout(columns, dict(about.get("facts", {})))
    if file is not None:
        rollout.to_parquet(file)
    return rollout


def _episodes(dataset: Any) -> Iterator[Any]:
    """Its episodes, whose observations and actions are rows of numbers."""
    for name, space in (("observations", dataset.observation_space), ("actions", dataset.action_space)):
        if not isinstance(space, Box) or len(space.shape) != 1:
            raise TypeError(f"{name} of dataset {dataset.id!r} are {space}: allowed are rows of numbers")
    yield from dataset.iterate_episodes()


def _columns(episode: Any, names: list[str] | None) -> dict[str, np.ndarray]:
    """The rows of an episode."""
    count = len(episode.rewards)
    status = np.where(episode.terminations, "terminated", np.where(episode.truncations, "truncated", "running"))
    infos = episode.infos or {}
    columns: dict[str, np.ndarray] = {}
    if names is None:
        names = [*COLUMNS]
        names += [f"obs.{at}" for at in range(episode.observations.shape[1])]
        names += [f"action.{at}" for at in range(episode.actions.shape[1])]
        infos = {
            "run": np.zeros(count + 1, np.uint64),
            "env_id": np.zeros(count + 1, np.uint64),
            "episode": np.full(count + 1, episode.id, np.uint64),
            "step": np.arange(count + 1, dtype=np.uint64),
            "t_s": np.full(count + 1, np.nan),
            "duration_s": np.full(count + 1, np.nan),
            "reason": np.full(count + 1, ""),
        }
    groups = {"obs": iter(np.asarray(episode.observations, np.float32).T)}
    groups["action"] = iter(_ended(np.asarray(episode.actions, np.float32), np.float32(np.nan)).T)
    for name in names:
        group = name.split(".")[0]
        if name == "is_final":
            columns[name] = np.arange(count + 1) == count
        elif name == "reward":
            columns[name] = _ended(np.asarray(episode.rewards, np.float64), np.nan)
        elif name == "status":
            columns[name] = np.append(status, status[-1:])
        elif group in groups:
            columns[name] = np.ascontiguousarray(next(groups[group]))
        elif name == "reason":
            texts = _texts(infos[name])
            columns[name] = np.append(texts[1:], texts[-1:])
        else:
            column = np.asarray(infos[name]).reshape(count + 1)
            column = _texts(column) if column.dtype.kind in "OSU" else column
            columns[name] = np.roll(column, -1) if name.startswith(_RESULTS) else column
    return columns


def _ended(decisions: np.ndarray, nothing: Any) -> np.ndarray:
    """What was done at each decision, and nothing in the final row."""
    return np.append(decisions, np.full((1, *decisions.shape[1:]), nothing), axis=0)


def _texts(column: Any) -> np.ndarray:
    """Texts, which some formats give as bytes."""
    return np.array([text.decode() if isinstance(text, bytes) else str(text) for text in column], dtype=str)
