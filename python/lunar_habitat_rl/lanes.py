"""Environments of Gymnasium as lanes of a learner, whatever their mode of autoreset."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from .spaces import Actions, Observations

#: How a lane stands after a step; BEGUN: the step took no action and began the next episode.
RUNNING, TERMINATED, TRUNCATED, BEGUN = range(4)

#: Observations (n, width), rewards (n,), ends (n,), and final observations (n, width) where an episode has ended.
Step = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8], "NDArray[np.float32] | None"]


class Lanes:
    """A vector environment as arrays: every step says of each lane how it ended and what it saw last.

    NextStep: the step after an end takes no action; it is marked as ``BEGUN``, and nothing is learned from it.
    SameStep: the last observation of an episode is in ``info["final_obs"]``.
    Disabled: lanes that have ended are reset by ``reset_mask`` within the step.
    """

    def __init__(self, env: VectorEnv) -> None:
        self.env = env
        self.num_envs = int(env.num_envs)
        self.actions = Actions(env.single_action_space)
        self.observations = Observations(env.single_observation_space)
        self.mode = self._mode_of(env)
        self._over = np.zeros(self.num_envs, bool)
        self._seed: int | None = None

    @staticmethod
    def _mode_of(env: VectorEnv) -> AutoresetMode | None:
        # The attribute first: environments of one class share a dictionary of metadata, and overwrite the mode there.
        mode = getattr(env.unwrapped, "autoreset_mode", None) or (env.metadata or {}).get("autoreset_mode")
        try:
            return AutoresetMode(mode)
        except ValueError:
            names = ", ".join(repr(mode.value) for mode in AutoresetMode)
            raise ValueError(
                f"the environment does not tell its mode of autoreset, metadata['autoreset_mode'] is {mode!r}: "
                f"allowed are {names}"
            ) from None

    @property
    def width(self) -> int:
        """Numbers of an observation."""
        return self.observations.width

    def seed(self, seed: int) -> None:
        """Begin with this seed the next time."""
        self._seed = seed

    def begin(self) -> NDArray[np.float32]:
        """Begin new episodes on all lanes; what is seen first."""
        seed, self._seed = self._seed, None
        return self.rows(self._reset(seed))

    def rows(self, observations: Any) -> NDArray[np.float32]:
        """Observations of all lanes as rows."""
        return self.observations.rows(observations, self.num_envs)

    def _reset(self, seed: int | None) -> Any:
        self._over[:] = False
        return self.env.reset(seed=seed)[0]

    def step(self, actions: NDArray[np.float32]) -> Step:
        """One step of every lane with actions from -1 to 1, or counted choices."""
        seen, rewards, terminated, truncated, infos = self.env.step(self.actions.given(actions))
        rows = self.rows(seen)
        with np.errstate(over="ignore"):
            rewards = np.array(rewards, np.float32)
        terminated, truncated = np.asarray(terminated, bool), np.asarray(truncated, bool)
        for name, found in (("rewards", rewards), ("terminated", terminated), ("truncated", truncated)):
            if found.shape != (self.num_envs,):
                raise ValueError(f"{name} of shape {found.shape}: allowed is ({self.num_envs},)")
        ends = np.where(terminated, TERMINATED, np.where(truncated, TRUNCATED, RUNNING)).astype(np.uint8)
        if self.mode is AutoresetMode.NEXT_STEP:
            begun = self._over
            ends[begun], rewards[begun] = BEGUN, 0.0
            self._over = (ends == TERMINATED) | (ends == TRUNCATED)
            return rows, rewards, ends, rows if self._over.any() else None
        over = terminated | truncated
        if not over.any():
            return rows, rewards, ends, None
        finals = rows.copy()
        if self.mode is AutoresetMode.SAME_STEP:
            for lane in np.flatnonzero(over):
                finals[lane] = self._final(infos, lane)
        else:
            rows = self.rows(self.env.reset(options={"reset_mask": over})[0])
        return rows, rewards, ends, finals

    def _final(self, infos: dict[str, Any], lane: int) -> NDArray[np.float32]:
        found = infos.get("final_obs")
        if found is None or found[lane] is None:
            raise ValueError(f"info['final_obs'] lacks lane {lane}, which has ended: SameStep autoreset puts it there")
        return self.observations.rows(found[lane][np.newaxis], 1)[0]


class Lane(Lanes):
    """A single environment as one lane."""

    def __init__(self, env: gymnasium.Env) -> None:
        self.env = env
        self.num_envs = 1
        self.actions = Actions(env.action_space)
        self.observations = Observations(env.observation_space)
        self.mode = None
        self._seed = None

    def _reset(self, seed: int | None) -> Any:
        return np.asarray(self.env.reset(seed=seed)[0])[np.newaxis]

    def step(self, actions: NDArray[np.float32]) -> Step:
        seen, reward, terminated, truncated, _ = self.env.step(self.actions.given(actions)[0])
        # Copied: an environment may write its next observation over this one.
        rows = self.rows(np.array(seen)[np.newaxis])
        end = TERMINATED if terminated else TRUNCATED if truncated else RUNNING
        finals = None
        if end != RUNNING:
            finals, rows = rows, self.rows(self._reset(None))
        with np.errstate(over="ignore"):
            return rows, np.array([reward], np.float32), np.array([end], np.uint8), finals


def lanes_of(env: Any) -> Lanes:
    """The lanes of an environment; ``TypeError`` for what is none."""
    if isinstance(env, VectorEnv):
        return Lanes(env)
    if isinstance(env, gymnasium.Env):
        return Lane(env)
    raise TypeError(f"env is a {type(env).__name__}: allowed are gymnasium.vector.VectorEnv and gymnasium.Env")
