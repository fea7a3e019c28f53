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

    Returns all trials in their order. What ``ask``, ``tell`` or the environment raise comes through; ``ValueError`` for no
    trial or no seed.
    """
    if trials < 1 or not seeds:
        raise ValueError(f"trials {trials} and seeds {list(seeds)}: allowed are at least 1 and one")
    rate = _usual if score is None else score
    done = []
    for _ in range(trials):
        token, settings = ask()
        trial = Trial(token, dict(settings))
        begin = time.monotonic()
        before = 0
        for seed in seeds:
            env = make_env()
            try:
                agent = PPO(env, seed=seed, **settings)

                def after(figures: dict[str, Any], before: int = before) -> bool:
                    return goes_on is None or bool(goes_on(token, before + figures["steps"], figures))

                history = agent.learn(steps, after)
                trial.scores.append(float(rate(agent)))
                before += history[-1]["steps"]
            except (ValueError, RuntimeError) as error:
                trial.failure = str(error)
            finally:
                env.close()
            if trial.failure or before < steps * (len(trial.scores)):
                break
        trial.wall_s = time.monotonic() - begin
        tell(token, trial.score)
        done.append(trial)
    return done


def _usual(agent: PPO) -> float:
    return float(agent.evaluate(10, seed=2**31)["returns"].mean())
