"""Many missions side by side, by the interface of ``gymnasium.vector.VectorEnv``."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from . import dashboard, task


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class HabitatVectorEnv(VectorEnv):
    """``num_envs`` lanes in one process, on threads, without the interpreter lock.

    Arguments are those of :class:`HabitatEnv`, and:

    num_envs: lanes. Lane ``i`` plays the episodes of environment ``base_env + i``.
    threads: as many as there are cores where it is None; results do not depend on it.
    autoreset_mode: a ``gymnasium.vector.AutoresetMode`` or its name; also in ``metadata["autoreset_mode"]``.

    Seeds
    -----
    ``reset(seed=s)`` begins episode 0 of (run ``s``, environment ``base_env + i``) on lane ``i``, which is what
    ``HabitatEnv(env_id=base_env + i)`` plays for that seed: lanes differ although the seed is one. A sequence
    gives each lane a run of its own; None in it, or no seed at all, means the lane's next episode.

    Autoreset
    ---------
    NextStep: the step after the end takes no action, begins the next episode and has reward, costs and duration 0.
    SameStep: the observation is the first one of the next episode; ``info["final_obs"]`` (an array of objects, by
    the rules of Gymnasium) and ``info["final_info"]`` are of the end. Rewards, flags, ``info["cost"]``,
    ``info["reward_terms"]`` and ``info["reason"]`` are always of the decision that was taken.
    Disabled: a step with an ended lane is refused; ``reset(options={"reset_mask": mask})`` begins episodes there.

    In every mode ``info["final_observations"]`` is an ordinary array of (lanes, fields), with
    ``info["_final_observations"]`` true where an episode ended in this step and zeros elsewhere.

    With ``shield=True``, as in ``HabitatEnv``, every lane has a shield. ``info["interventions"]`` is then an array of the limits
    for which the rules took the decision, the empty word elsewhere, with ``breaks_s`` and ``rules_break_s`` beside it;
    ``info["taken"]`` are the actions that were taken.

    Arrays that are returned belong to the caller; no later call writes to them. A process that was forked has no
    threads of its parent: there, an environment with more than one thread refuses every call with ``RuntimeError``.
    """

    metadata: dict[str, Any] = {
        "render_modes": list(task.RENDER_MODES),
        "render_fps": 6,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        scenario: str = "artemis-30d",
        *,
        difficulty: str = "nominal",
        crew_size: int | None = None,
        reward: str | dict[str, float] = "survival",
        acts: str = "dials",
        shield: bool = False,
        decision_s: float | None = None,
        dt_s: float | None = None,
        on_bad_action: str = "refuse",
        base_env: int = 0,
        evaluation: bool = False,
        threads: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        seed: int | None = None,
    ) -> None:
        try:
            mode = AutoresetMode(autoreset_mode)
        except ValueError:
            names = ", ".join(repr(mode.value) for mode in AutoresetMode)
            raise ValueError(f"autoreset_mode {autoreset_mode!r}: allowed are {names}") from None
        if int(num_envs) < 1:
            raise ValueError(f"num_envs {num_envs}: allowed is at least 1")
        self._arguments = {
            "num_envs": num_envs,
            "scenario": scenario,
            "difficulty": difficulty,
            "crew_size": crew_size,
            "reward": reward,
            "acts": acts,
            "shield": shield,
            "decision_s": decision_s,
            "dt_s": dt_s,
            "on_bad_action": on_bad_action,
            "base_env": base_env,
            "evaluation": evaluation,
            "threads": threads,
            "autoreset_mode": mode,
            "render_mode": render_mode,
            "seed": seed,
        }
        self._seed = None if seed is None else task.as_seed(seed)
        self.num_envs = int(num_envs)
        self.autoreset_mode = mode
        self.metadata = type(self).metadata | {"autoreset_mode": mode}
        self.render_mode = task.as_render_mode(render_mode)
        self.evaluation = bool(evaluation)
        self._native: task.Vector | None = task.make(
            scenario,
            reward,
            difficulty=task.as_difficulty(difficulty),
            crew_size=task.as_crew_size(crew_size),
            lanes=self.num_envs,
            threads=min(self.num_envs, _cores()) if threads is None else int(threads),
            base_env=task.as_seed(base_env),
            autoreset=mode.value,
            decision_s=decision_s,
            dt_s=dt_s,
            on_bad_action=on_bad_action,
            acts=task.as_acts(acts),
            shield=task.as_shield(shield),
            evaluation=evaluation,
        )
        self.fields = tuple(self._native.fields())
        self.dials = tuple(self._native.dials())
        self.single_observation_space = task.box(len(self.fields))
        self.single_action_space = task.box(len(self.dials))
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._begun = np.zeros(self.num_envs, bool)
        self._process = os.getpid()

    @property
    def native(self) -> task.Vector:
        """The lanes below; raises where the environment is closed, or has lost its threads to a fork."""
        if self._native is None:
            raise ClosedEnvironmentError("the environment is closed: make a new one")
        if self._process != os.getpid() and self._native.threads > 1:
            raise RuntimeError(
                f"the {self._native.threads} threads of this environment stayed in process {self._process}, which was "
                "forked: make a new environment in this process, or one with threads=1 before the fork"
            )
        return self._native

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ):
        """Begin episodes on all lanes, or on those of ``options["reset_mask"]``; see the class."""
        native = self.native
        params = task.as_params(options, ("params", "reset_mask"))
        lanes = self._lanes_of((options or {}).get("reset_mask"))
        if seed is None and not self._begun.any():
            seed = self._seed
        runs: list[int | None]
        if isinstance(seed, Iterable) and not isinstance(seed, (str, bytes)):
            runs = [None if one is None else task.as_seed(one) for one in seed]
            if len(runs) != self.num_envs:
                raise ValueError(f"{len(runs)} seeds: allowed is one a lane, {self.num_envs}")
        elif seed is not None:
            super().reset(seed=task.as_seed(seed))
            runs = [int(seed)] * self.num_envs
        else:
            runs = [None] * self.num_envs
        fresh = [lane for lane in lanes if runs[lane] is None and not self._begun[lane]]
        if fresh:
            run = int(self.np_random.integers(2**63))
            for lane in fresh:
                runs[lane] = run
        arrays = native.reset([runs[lane] for lane in lanes], lanes, params)
        self._begun[lanes] = True
        return arrays["observations"], self._episodes({}, lanes)

    def step(self, actions: Any):
        """Take one decision on every lane."""
        native = self.native
        if not self._begun.all():
            lane = int(np.argmin(self._begun))
            raise ResetNeeded(f"step before reset: lane {lane} was never reset")
        arrays = native.step(task.as_actions(actions, self.action_space.shape))
        ended = arrays["final_valid"]
        infos = self._step_infos(arrays)
        if self.autoreset_mode is AutoresetMode.NEXT_STEP:
            began = np.flatnonzero(arrays["durations_s"] == 0.0)
        elif self.autoreset_mode is AutoresetMode.SAME_STEP:
            began = np.flatnonzero(ended)
            for lane in began:
                final = {
                    "final_obs": arrays["final_observations"][lane].copy(),
                    "final_info": task.step_row(arrays, lane),
                }
                infos = self._add_info(infos, final, lane)
        else:
            began = np.empty(0, int)
        infos = self._episodes(infos, began.tolist())
        return (
            arrays["observations"],
            arrays["rewards"],
            arrays["terminated"],
            arrays["truncated"],
            infos,
        )

    def _step_infos(self, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
        """Rows of ``info`` that every lane has, with the masks of Gymnasium."""
        # Values and masks are made at once; their rows are the arrays, none of which overlaps another.
        names = task.TERM_NAMES
        masks = np.ones((len(names) + 3, self.num_envs), bool)
        terms: dict[str, Any] = {}
        for name, values, mask in zip(names, arrays["terms"].T.copy(), masks):
            terms[name] = values
            terms["_" + name] = mask
        infos = {
            "cost": arrays["costs"],
            "_cost": masks[-1],
            "reward_terms": terms,
            "_reward_terms": masks[-2],
            "duration_s": arrays["durations_s"],
            "_duration_s": masks[-3],
            "reason": task.REASON_WORDS[arrays["reasons"]],
            "_reason": arrays["terminated"].copy(),
            "final_observations": arrays["final_observations"],
            "_final_observations": arrays["final_valid"],
        }
        if "interventions" in arrays:
            handed = arrays["interventions"] > 0
            infos |= {
                "interventions": task.LIMIT_WORDS[arrays["interventions"]],
                "_interventions": handed,
                "taken": arrays["taken"],
                "_taken": arrays["durations_s"] > 0.0,
            }
            for name in ("breaks_s", "rules_break_s"):
                infos |= {name: arrays[name], "_" + name: handed.copy()}
        return infos

    def _episodes(self, infos: dict[str, Any], lanes: list[int]) -> dict[str, Any]:
        """Add which episodes have begun on ``lanes``, with their numbers."""
        for lane in lanes:
            row = task.episode_row(self.native, lane)
            # Seeds and environments are whole numbers of 64 bits.
            row |= {key: np.uint64(row[key]) for key in ("run", "env_id", "episode_number")}
            infos = self._add_info(infos, row, lane)
        return infos

    def _lanes_of(self, mask: Any) -> list[int]:
        """Lanes where ``mask`` is true, all where it is None."""
        if mask is None:
            return list(range(self.num_envs))
        mask = np.asarray(mask)
        if mask.dtype != bool:
            raise TypeError(f"reset_mask of dtype {mask.dtype}: allowed are truth values")
        if mask.shape != (self.num_envs,):
            raise ValueError(f"reset_mask of shape {mask.shape}: allowed is ({self.num_envs},)")
        if not mask.any():
            raise ValueError("reset_mask is false everywhere: allowed is at least one true entry")
        return np.flatnonzero(mask).tolist()

    def hold(self) -> np.ndarray:
        """The actions that change nothing."""
        return self.native.hold()

    def action_mask(self) -> np.ndarray:
        """Which dials do something now; advice."""
        return self.native.mask()

    def readings(self, lane: int) -> dict[str, tuple[float, str]]:
        """What a lane sees, for people: value in SI and unit, by name."""
        return {name: (value, unit) for name, value, unit in self.native.readings(lane)}

    def parameters(self, lane: int) -> dict[str, float]:
        """Numbers in which a lane's episode differs from the scenario."""
        return self.native.lane(lane)["parameters"]

    def set_decision_s(self, lane: int, decision_s: float) -> None:
        """Let the next decisions of a lane's episode take ``decision_s`` each."""
        self.native.set_decision_s(lane, float(decision_s))

    def snapshot(self, lane: int) -> bytes:
        """A lane's episode as bytes; the same on every machine."""
        return self.native.snapshot(lane)

    def fork(self, lane: int, salt: int) -> bytes:
        """As :meth:`snapshot`, with a future of its own: it does not tell what the lane will meet."""
        return self.native.fork(lane, task.as_seed(salt))

    def restore(self, lane: int, snapshot: bytes) -> np.ndarray:
        """Go on from bytes on one lane and return what all lanes see."""
        observations = self.native.restore(lane, bytes(snapshot))["observations"]
        self._begun[lane] = True
        return observations

    def render(self) -> tuple[Any, ...] | None:
        """Text or picture of every lane, by ``render_mode``."""
        if self.render_mode is None:
            return None
        if not self._begun.all():
            raise ResetNeeded("render before reset: reset the environment first")
        native, arrays = self.native, self.native.arrays_now()
        views = [dashboard.View.of(native, lane, arrays) for lane in range(self.num_envs)]
        return tuple(v.text() if self.render_mode == "ansi" else v.picture() for v in views)

    def close_extras(self, **_: Any) -> None:
        """Let go of the habitats; later calls raise ``ClosedEnvironmentError``."""
        self._native = None

    def __getstate__(self) -> dict[str, Any]:
        native = self._native
        lanes = range(self.num_envs)
        return {
            "arguments": self._arguments,
            "snapshots": None if native is None else [native.snapshot(lane) for lane in lanes],
            "begun": self._begun,
            # Copied, so that a shallow copy shares no generator with this one.
            "random": copy.deepcopy((self._np_random, self._np_random_seed)),
            "spec": self.spec,
            "spaces": copy.deepcopy((self.single_action_space, self.action_space)),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        HabitatVectorEnv.__init__(self, **state["arguments"])
        self._np_random, self._np_random_seed = state["random"]
        self.spec = state["spec"]
        self.single_action_space, self.action_space = state["spaces"]
        self._begun = state["begun"].copy()
        if state["snapshots"] is None:
            self._native, self.closed = None, True
            return
        for lane, snapshot in enumerate(state["snapshots"]):
            self._native.restore(lane, snapshot)
