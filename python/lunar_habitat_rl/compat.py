"""Policies that were trained on the predecessor's layout: 48 numbers in its units, 26 actions.

:class:`V0` shows the layout on any habitat of this package, :func:`check_policy` says whether a policy fits, and
:func:`load_policy` loads one of Stable-Baselines3, which is not needed for anything else here.

What each number comes from and what each action does stands in :attr:`V0.fields` and :attr:`V0.actions`. Twelve of the 26
actions have no counterpart and do nothing. Numbers that no instrument shows are constants: air quality 0.95, emergency
reserve 100 %, grid stability 0.99, temperature outside -50 degC, efficiency of a heat pump 3.25, recycling 0.93,
stress 0.3, degradation 0. Everything else is what instruments, records and clocks say, never a true value.
"""

from __future__ import annotations

from typing import Any, Protocol

import gymnasium
import numpy as np
from gymnasium import spaces

from . import task
from ._native import v0_actions
from .habitat_env import HabitatEnv

#: The actions in their order: name, low, high, words, whether it turns a dial.
ACTIONS: tuple[dict[str, Any], ...] = tuple(v0_actions())
#: Seconds of a day, the unit of ``mission_time``.
DAY_S = 86_400.0


class Policy(Protocol):
    """What a policy has: the spaces that it was trained on, and a way to be asked, as in Stable-Baselines3."""

    observation_space: spaces.Space
    action_space: spaces.Space

    def predict(self, observation: np.ndarray, *args: Any, **kwargs: Any) -> tuple[np.ndarray, Any]: ...


class V0(gymnasium.Wrapper, gymnasium.utils.RecordConstructorArgs):
    """A :class:`HabitatEnv` seen and set as the predecessor was.

    The observation is float32 of ``30 + 3 * max(people, 6)`` numbers without ends (48 up to six people), the action
    float32 of 26 numbers with the predecessor's own ends, 0 to 1 but for place 15, -90 to 90. Entries beyond 0 to 1 count
    as the nearest end; what is no number is refused with ``ValueError``. Rewards, ends of episodes and ``info`` are those
    of the environment; ``info`` has ``termination_reason`` and ``mission_time`` (days) beside.

    Parameters
    ----------
    env: a :class:`HabitatEnv`, or wrappers around one that leave observation and action as they are.
    """

    def __init__(self, env: gymnasium.Env) -> None:
        gymnasium.utils.RecordConstructorArgs.__init__(self)
        super().__init__(env)
        if not isinstance(env.unwrapped, HabitatEnv):
            raise TypeError(f"V0 around a {type(env.unwrapped).__name__}: allowed is a HabitatEnv")
        native = env.unwrapped.native
        if native.acts != "dials":
            raise ValueError(f"compat 'v0' with acts {native.acts!r}: allowed is 'dials', which the predecessor's actions turn")
        #: The numbers of the observation: name, unit, the constant where nothing measures it, whether it is only that.
        self.fields: tuple[dict[str, Any], ...] = tuple(native.v0_fields())
        #: :data:`ACTIONS`.
        self.actions = ACTIONS
        self.observation_space = spaces.Box(-np.inf, np.inf, (len(self.fields),), np.float32)
        ends = np.array([(action["low"], action["high"]) for action in ACTIONS], np.float32)
        self.action_space = spaces.Box(ends[:, 0], ends[:, 1], dtype=np.float32)

    @property
    def _habitat(self) -> HabitatEnv:
        return self.unwrapped  # type: ignore[return-value]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Begin an episode, see :class:`HabitatEnv`."""
        _, info = self.env.reset(seed=seed, options=options)
        return self._habitat.native.v0_observe(0), info | self._told(info, "")

    def step(self, action: Any):
        """Take one decision by the predecessor's action."""
        row = task.as_actions(action, self.action_space.shape)
        dials = self._habitat.native.v0_dials(0, row)
        _, reward, terminated, truncated, info = self.env.step(dials)
        observation = self._habitat.native.v0_observe(0)
        return observation, reward, terminated, truncated, info | self._told(info, info["reason"])

    @staticmethod
    def _told(info: dict[str, Any], reason: str) -> dict[str, Any]:
        return {"termination_reason": reason, "mission_time": info["t_s"] / DAY_S}


def _shape(space: Any) -> str:
    """The shape of a space, or what kind of space it is."""
    shape = getattr(space, "shape", None)
    return str(shape) if shape is not None else type(space).__name__


def check_policy(policy: Policy, env: gymnasium.Env | gymnasium.vector.VectorEnv) -> None:
    """Refuse a policy that was trained on other spaces than ``env`` has, with ``ValueError``.

    A vector is compared by one of its lanes.
    """
    for what in ("observation", "action"):
        found = getattr(policy, f"{what}_space", None)
        if found is None:
            raise TypeError(f"{type(policy).__name__} has no {what}_space: allowed are policies that tell it")
        expected = getattr(env, f"single_{what}_space", None) or getattr(env, f"{what}_space")
        if _shape(found) != _shape(expected):
            raise ValueError(
                f"the policy was trained on {what}s of shape {_shape(found)}: the environment's have shape {_shape(expected)}"
            )
        if found != expected:
            # Ends of a space are shown over several lines.
            found_words, expected_words = (" ".join(str(space).split()) for space in (found, expected))
            raise ValueError(
                f"the policy was trained on {what}s of shape {_shape(found)} in {found_words}: the environment's have "
                f"shape {_shape(expected)} in {expected_words}"
            )


def load_policy(path: Any, env: gymnasium.Env | gymnasium.vector.VectorEnv, algorithm: Any = None) -> Any:
    """The policy in a file of Stable-Baselines3, checked against ``env``.

    ``algorithm`` is its class, or anything with ``load(path)``; ``PPO`` where it is None. ``ValueError`` where its
    spaces differ, ``ImportError`` where Stable-Baselines3 is asked for and is not installed.
    """
    if algorithm is None:
        try:
            from stable_baselines3 import PPO as algorithm
        except ImportError as error:
            raise ImportError(f"stable_baselines3 is needed for {path}: install lunar-habitat-rl[sb3] ({error})") from None
    policy = algorithm.load(path)
    check_policy(policy, env)
    return policy
