"""The side of the learner in a search over its settings; the search itself is that of others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .ppo import PPO

#: What ``ask`` returns: anything that ``tell`` knows again, and arguments of :class:`PPO`.
Asked = tuple[Any, dict[str, Any]]


@dataclass
class Trial:
    """One choice of settings, over several seeds.

    token: what ``ask`` gave it.
    settings: arguments of :class:`PPO`.
    scores: one of each seed; fewer where the trial was stopped.
    failure: why it has no score: settings that PPO refuses, or weights that ceased to be numbers.
    wall_s: time it took.
    """

    token: Any
    settings: dict[str, Any]
    scores: list[float] = field(default_factory=list)
    failure: str | None = None
    wall_s: float = 0.0

    @property
    def score(self) -> float | None:
        """Mean of the scores; None for a failure."""
        return None if self.failure or not self.scores else sum(self.scores) / len(self.scores)


def sweep(
    ask: Callable[[], Asked],
    tell: Callable[[Any, float | None], Any],
    make_env: Callable[[], Any],
    steps: int,
    trials: int,
    seeds: Sequence[int] = (0, 1, 2),
    score: Callable[[PPO], float] | None = None,
    goes_on: Callable[[Any, int, dict[str, Any]], bool] | None = None,
) -> list[Trial]:
    """Try ``trials`` choices of settings, each as several trainings, since one training is a draw.

    ask: the next choice, as ``(token, arguments of PPO)``; of Optuna ``study.ask()`` and suggestions from it.
    tell: takes the token and the mean score, or None where the choice failed.
    make_env: the environment of a training, closed after it.
    steps: of each training.
    seeds: of the trainings of a choice; the same for all, so that choices are compared in pairs.
    score: of what was learned, more is better; None is the mean return of ten episodes of the environment of the training
        with a seed that no training has. For habitats play held-out missions here.
    goes_on: called after every update with the token, the steps of all seeds so far and the figures of
        :meth:`PPO.learn`; where it returns False the trial ends with what it has (pruning).

    A choice fails where PPO or its ``learn`` raise ``ValueError`` or ``RuntimeError``: settings that make no sense, weights
    that cease to be numbers, an environment that raises one of them itself; the words are in ``failure``. Everything else,
    and whatever ``ask``, ``tell``, ``score`` and ``goes_on`` raise, comes through. Ctrl-C ends the sweep with
    ``KeyboardInterrupt``; the trial under way is not told.

    Returns all trials in their order. ``ValueError`` for no trial or no seed.
    """
    if trials < 1 or not seeds:
        raise ValueError(f"trials {trials} and seeds {list(seeds)}: allowed are at least 1 and one")
    rate = _usual if score is None else score
    done = []
    for _ in range(trials):
        token, settings = ask()
        trial = Trial(token, dict(settings))
        begin = time.monotonic()
        watch = _Watch(token, goes_on)
        for seed in seeds:
            env = make_env()
            try:
                agent = _learned(trial, env, seed, steps, watch)
                if agent is not None:
                    trial.scores.append(float(rate(agent)))
            finally:
                env.close()
            if trial.failure or watch.is_cut:
                break
        trial.wall_s = time.monotonic() - begin
        tell(token, trial.score)
        done.append(trial)
    return done


class _Watch:
    """Asks after every update whether a trial goes on, and counts its steps over all seeds."""

    def __init__(self, token: Any, goes_on: Callable[[Any, int, dict[str, Any]], bool] | None) -> None:
        self.token, self.goes_on = token, goes_on
        self.before = self.now = 0
        self.is_cut = False
        self.error: Exception | None = None

    def __call__(self, figures: dict[str, Any]) -> bool:
        self.now = figures["steps"]
        try:
            self.is_cut = self.goes_on is not None and not self.goes_on(self.token, self.before + self.now, figures)
        except Exception as error:
            # It is no failure of the choice.
            self.error = error
            raise
        return not self.is_cut


def _learned(trial: Trial, env: Any, seed: int, steps: int, watch: _Watch) -> PPO | None:
    """The agent of one seed; None where the choice fails."""
    watch.now = 0
    try:
        agent = PPO(env, seed=seed, **trial.settings)
        agent.learn(steps, watch)
    except (ValueError, RuntimeError) as error:
        if error is watch.error:
            raise
        trial.failure = str(error)
        return None
    if watch.now < steps and not watch.is_cut:
        # Ctrl-C ends a learning after its update; here it is meant for all that would follow.
        raise KeyboardInterrupt
    watch.before += watch.now
    return agent


def _usual(agent: PPO) -> float:
    return float(agent.evaluate(10, seed=2**31)["returns"].mean())
