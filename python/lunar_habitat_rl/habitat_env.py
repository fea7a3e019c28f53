"""One mission at a time, by the interface of ``gymnasium.Env``."""

from __future__ import annotations

import copy
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded

from . import dashboard, task


class HabitatEnv(gymnasium.Env):
    """A lunar habitat that a policy runs.

    Parameters
    ----------
    scenario: a shipped scenario, a file, or the text of one.
    difficulty: ``"easy"``, ``"nominal"``, ``"hard"`` or ``"extreme"``, as far as the scenario declares it.
    crew_size: number of people, 1 to 12; that of the scenario where it is None.
    reward: a preset, or weights by term (over the preset ``survival``, or the one under ``"preset"``).
    acts: ``"dials"``: an action turns the dials of the habitat; ``"thresholds"``: it sets the 16 thresholds by which the
        controller ``rules`` turns them in between, float32 of (16,), each from -1 to 1 with the defaults of ``rules`` at 0.
    shield: a policy acts through the shield: where its action would break a hard limit by what instruments show, the rules
        take the decision. ``info["interventions"]`` lists what it did in a step, ``info["taken"]`` is the action nearest to
        what was done.
    decision_s, dt_s: time between two decisions, and step, s; those of the scenario where they are None, six hours between
        decisions about thresholds. These have to be a whole multiple of the scenario's own interval.
    on_bad_action: ``"refuse"``: ``ValueError`` for an entry that is not finite; ``"clip"``: infinities count as
        the end on their side, and what is no number leaves its dial. Finite entries beyond -1 and 1 count as the end.
    env_id: environment within the run; lane ``i`` of a vector that starts at ``base_env`` is ``base_env + i``.
    evaluation: allows environments that are held out, from ``HELD_OUT_FROM`` on.
    seed: seed of the first reset where that names none.

    Seeds
    -----
    ``reset(seed=s)`` begins episode 0 of (run ``s``, environment ``env_id``); ``reset()`` begins the next episode.
    ``reset(options={"params": {"stores.potable_kg": 250.0}})`` sets numbers of the scenario for one episode.

    Not safe to call from several threads at once; different environments are independent.
    """

    metadata = {"render_modes": list(task.RENDER_MODES), "render_fps": 6}

    def __init__(
        self,
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
        env_id: int = 0,
        evaluation: bool = False,
        render_mode: str | None = None,
        seed: int | None = None,
    ) -> None:
        self._arguments = {
            "scenario": scenario,
            "difficulty": difficulty,
            "crew_size": crew_size,
            "reward": reward,
            "acts": acts,
            "shield": shield,
            "decision_s": decision_s,
            "dt_s": dt_s,
            "on_bad_action": on_bad_action,
            "env_id": env_id,
            "evaluation": evaluation,
            "render_mode": render_mode,
            "seed": seed,
        }
        self._seed = None if seed is None else task.as_seed(seed)
        # Its own: some versions of Gymnasium write into the metadata of an environment that they are given.
        self.metadata = dict(type(self).metadata)
        self.render_mode = task.as_render_mode(render_mode)
        self._native = task.make(
            scenario,
            reward,
            difficulty=task.as_difficulty(difficulty),
            crew_size=task.as_crew_size(crew_size),
            decision_s=decision_s,
            dt_s=dt_s,
            on_bad_action=on_bad_action,
            acts=task.as_acts(acts),
            shield=task.as_shield(shield),
            base_env=task.as_seed(env_id),
            evaluation=evaluation,
            autoreset="Disabled",
        )
        #: Fields of the observation and dials (or thresholds) of the action: name, words, unit, low, high; of the latter
        #: also middle, the value at 0, and is_mode.
        self.fields = tuple(self._native.fields())
        self.dials = tuple(self._native.dials())
        self.observation_space = task.box(len(self.fields))
        self.action_space = task.box(len(self.dials))
        self._begun = False

    @property
    def native(self) -> task.Vector:
        """The lane below; raises where the environment is closed."""
        if self._native is None:
            raise gymnasium.error.ClosedEnvironmentError("the environment is closed: make a new one")
        return self._native

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Begin an episode, see the class."""
        native = self.native
        params = task.as_params(options)
        run = None
        if seed is None and not self._begun:
            seed = self._seed
        if seed is not None:
            run = task.as_seed(seed)
            super().reset(seed=run)
        elif not self._begun:
            run = int(self.np_random.integers(2**63))
        arrays = native.reset([run], [0], params)
        self._begun = True
        return arrays["observations"][0], task.episode_row(native, 0)

    def step(self, action: Any):
        """Take one decision; ``info`` carries costs, reward terms, duration and the reason of a loss."""
        native = self.native
        if not self._begun:
            raise ResetNeeded("step before reset: reset the environment first")
        row = task.as_actions(action, self.action_space.shape)
        arrays = native.step(row[np.newaxis])
        info = task.step_row(arrays, 0) | task.episode_row(native, 0)
        ended = bool(arrays["terminated"][0]), bool(arrays["truncated"][0])
        return arrays["observations"][0], float(arrays["rewards"][0]), *ended, info

    def hold(self) -> np.ndarray:
        """The action that changes nothing."""
        return self.native.hold()[0]

    def action_mask(self) -> np.ndarray:
        """Which dials do something now; advice."""
        return self.native.mask()[0]

    def readings(self) -> dict[str, tuple[float, str]]:
        """What is seen, for people: value in SI and unit, by name."""
        return {name: (value, unit) for name, value, unit in self.native.readings(0)}

    def set_decision_s(self, decision_s: float) -> None:
        """Let the next decisions of this episode take ``decision_s`` each."""
        self.native.set_decision_s(0, float(decision_s))

    def snapshot(self) -> bytes:
        """The episode as bytes; the same on every machine."""
        return self.native.snapshot(0)

    def fork(self, salt: int) -> bytes:
        """As :meth:`snapshot`, with a future of its own: it does not tell what this episode will meet."""
        return self.native.fork(0, task.as_seed(salt))

    def restore(self, snapshot: bytes) -> np.ndarray:
        """Go on from bytes and return what is seen."""
        observation = self.native.restore(0, bytes(snapshot))["observations"][0]
        self._begun = True
        return observation

    def render(self) -> str | np.ndarray | None:
        """Text or picture of the moment, by ``render_mode``."""
        if self.render_mode is None:
            return None
        native = self.native
        if not self._begun:
            raise ResetNeeded("render before reset: reset the environment first")
        view = dashboard.View.of(native, 0, native.arrays_now())
        return view.text() if self.render_mode == "ansi" else view.picture()

    def close(self) -> None:
        """Let go of the habitat; later calls raise ``ClosedEnvironmentError``, and another close does nothing."""
        self._native = None

    def __getstate__(self) -> dict[str, Any]:
        # Copied, so that a shallow copy shares no generator with this one.
        spaces = copy.deepcopy((self.observation_space, self.action_space))
        return {
            "arguments": self._arguments,
            "snapshot": self._native.snapshot(0) if self._native is not None else None,
            "begun": self._begun,
            "random": copy.deepcopy((self._np_random, self._np_random_seed)),
            "spec": self.spec,
            "spaces": spaces,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        HabitatEnv.__init__(self, **state["arguments"])
        self.observation_space, self.action_space = state["spaces"]
        self._np_random, self._np_random_seed = state["random"]
        self.spec = state["spec"]
        if state["snapshot"] is None:
            self._native = None
        else:
            self._native.restore(0, state["snapshot"])
        self._begun = state["begun"]
