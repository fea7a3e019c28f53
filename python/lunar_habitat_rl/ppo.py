"""The learner of the suite on any environment of Gymnasium."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from . import _native, task
from .habitat_vector_env import HabitatVectorEnv
from .lanes import BEGUN, RUNNING, TERMINATED, Lanes, lanes_of
from .spaces import Actions, Observations

#: Steps of an update where ``segment`` is None, and the fewest of a lane.
STEPS, SEGMENT = 2_048, 128
#: Settings that a policy file tells.
_SHAPE = ("hidden", "activation", "shared", "head")


class PPO:
    """Proximal policy optimisation, computed in Rust, on an environment of anybody.

    env
        A ``gymnasium.vector.VectorEnv`` in any mode of autoreset, or a ``gymnasium.Env``, which is one lane. Actions are
        a Box with finite bounds or a Discrete, observations a Box of any shape; others raise ``TypeError``. It is reset
        here with ``seed``, and must not be stepped by others while it is learned on.

        A :class:`HabitatVectorEnv` that no wrapper surrounds is not stepped itself: the learner makes as many lanes of
        its own of the same task, run ``seed``, environments ``base_env + i``, on the threads of the environment and
        without the interpreter lock.
    seed: of weights, draws and orders, and of the first reset. The same seed gives the same bits.
    segment: steps of a lane in an update; where it is None as many as make 2048 steps of all lanes, and 128 at the least.
    hidden, activation: widths of the hidden layers of actor and critic; ``tanh``, ``relu`` or ``silu``.
    rate, anneal: learning rate of Adam; whether it falls to 0, linearly, by the end of ``learn``.
    epochs, minibatches: times that every step is used, and parts into which it is cut for that.
    gamma: what a value one step later is worth now, 0 to 1. Habitats discount by time: there it is that of a decision of
        ``decision_s``, and one that takes twice as long has its square.
    gae_lambda, clip, entropy, value_weight, norm_max: λ of the advantages, ε of the ratio, weights of the entropy and of
        the values' loss, most of a gradient's norm.
    normalise: whether observations lose their mean and deviation, as seen so far.
    scale_rewards: whether rewards are divided by the deviation of their discounted sums.
    log_std: logarithm of the deviations of actions at the start, -5 to 2; 1 is half the range of an action.
    shared: whether actor and critic share the hidden layers.
    head: ``clipped`` (a Gaussian, cut at the bounds) or ``squashed`` (through tanh) for a Box, ``categorical`` for a
        Discrete; None is ``clipped`` or ``categorical``.
    value_clip: ε of the values, None for none.
    kl_max: divergence at which an update ends early, None for never.
    threads: of the learning; bits do not depend on it. None is one, and for habitats those of the environment.

    A time limit is no death: where an episode is truncated its last observation is valued, where it is terminated nothing
    is. Numbers that make no sense raise ``ValueError`` with what is allowed.
    """

    def __init__(
        self,
        env: Any,
        seed: int = 0,
        segment: int | None = None,
        hidden: Sequence[int] = (64, 64),
        activation: str = "tanh",
        rate: float = 3e-4,
        epochs: int = 10,
        minibatches: int = 32,
        gamma: float = 0.99,
        gae_lambda: float = 0.95,
        clip: float = 0.2,
        entropy: float = 0.0,
        value_weight: float = 0.5,
        norm_max: float = 0.5,
        normalise: bool = True,
        scale_rewards: bool = True,
        log_std: float = 0.0,
        shared: bool = False,
        head: str | None = None,
        value_clip: float | None = None,
        anneal: bool = True,
        kl_max: float | None = None,
        threads: int | None = None,
    ) -> None:
        is_habitat = isinstance(env, HabitatVectorEnv)
        self.env = env
        self._lanes: Lanes | None = lanes_of(env)
        self.actions, self.observations = self._lanes.actions, self._lanes.observations
        self._seed = task.as_seed(seed)
        if is_habitat and env.evaluation:
            raise ValueError("env was made with evaluation=True: allowed for training is evaluation=False")
        usual = "clipped" if self.actions.is_box else "categorical"
        allowed = ("clipped", "squashed") if self.actions.is_box else ("categorical",)
        if head is not None and head not in allowed:
            names = " and ".join(map(repr, allowed))
            raise ValueError(f"head {head!r}: allowed for {self.actions.space} are {names}")
        lanes = self._lanes.num_envs
        self._settings = {
            "segment": max(SEGMENT, -(-STEPS // lanes)) if segment is None else _whole("segment", segment),
            "hidden": [_whole("hidden", width) for width in hidden],
            "activation": activation,
            "rate": float(rate),
            "epochs": _whole("epochs", epochs),
            "minibatches": _whole("minibatches", minibatches),
            "gamma": float(gamma),
            "gae_lambda": float(gae_lambda),
            "clip": float(clip),
            "entropy": float(entropy),
            "value_weight": float(value_weight),
            "norm_max": float(norm_max),
            "normalise": bool(normalise),
            "scale_rewards": bool(scale_rewards),
            "log_std": float(log_std),
            "shared": bool(shared),
            "head": usual if head is None else head,
            "value_clip": None if value_clip is None else float(value_clip),
            "anneal": bool(anneal),
            "kl_max": None if kl_max is None else float(kl_max),
        }
        usual_threads = env.native.threads if is_habitat else 1
        self._lanes.seed(self._seed)
        self._native: _native.Learner | None = _native.Learner(
            env.native if is_habitat else self._lanes,
            seed=self._seed,
            threads=usual_threads if threads is None else _whole("threads", threads),
            **self._settings,
        )
        self._is_habitat = is_habitat
        self._is_moved = False
        self._policy = self._native.policy()
        self._drawn = 0

    # Learning

    def learn(
        self, total_steps: int, callback: Callable[[dict[str, Any]], Any] | None = None
    ) -> list[dict[str, Any]]:
        """Learn for at least ``total_steps`` steps of all lanes together, in whole updates.

        callback: called after every update with what it brought; learning stops where it returns False.

        Returns one dictionary an update: ``update`` and ``steps`` since the training began (the steps that begin an
        episode in NextStep autoreset count); ``returns``, ``lengths``, ``terminated``, arrays of the episodes that ended
        in it, and their means ``return_mean`` and ``length_mean``, None without an episode; ``policy_loss``,
        ``value_loss``, ``entropy`` (nats), ``approx_kl``, ``clip_fraction``, ``explained_variance``, ``gradient_norm``;
        ``wall_s``, ``environment_s``, ``learning_s``.

        Ctrl-C ends the learning after the update under way, and what was brought so far is returned; a second one raises
        ``KeyboardInterrupt`` at once. Another call goes on. What the environment raises comes through; a reward or an
        observation that is not finite raises ``ValueError`` with the lane, weights that are not ``RuntimeError``. The
        training does not go on then; the policy is that of the update before.
        """
        native = self._learner()
        if _whole("total_steps", total_steps) < 1:
            raise ValueError(f"total_steps {total_steps}: allowed is at least 1")
        if self._is_moved:
            native.restart()
            self._is_moved = False
        each = self._lanes.num_envs * self._settings["segment"]
        updates = -(-int(total_steps) // each)
        native.set_updates(native.updates() + updates)
        history = []
        with _interruptible() as asked_to_stop:
            for _ in range(updates):
                figures = native.update()
                self._policy = native.policy()
                history.append(figures)
                if (callback is not None and callback(figures) is False) or asked_to_stop.is_set():
                    break
        return history

    @property
    def steps(self) -> int:
        """Steps of all lanes since the training began."""
        return self._learner().steps()

    def values(self, observations: Any) -> NDArray[np.float32]:
        """What the critic says of observations (n, *shape), float32 (n,), in the unit of scaled rewards."""
        found = np.asarray(observations)
        return self._learner().values(self.observations.rows(found, len(found)))

    # Acting

    def act(self, observations: Any, deterministic: bool = True) -> Any:
        """Actions for observations (n, *shape), or one action for one of ``shape``, in the environment's range and dtype.

        Deterministic ones are the likeliest; others are drawn, and the same calls on agents of one seed draw the same.
        """
        found = np.asarray(observations)
        if found.ndim == len(self.observations.shape):
            return self.act(found[np.newaxis], deterministic)[0]
        return self.actions.given(self._act(self.observations.rows(found, len(found)), deterministic))

    def _act(self, rows: NDArray[np.float32], deterministic: bool) -> NDArray[np.float32]:
        if deterministic:
            return self._policy.act(rows)
        self._drawn += 1
        return self._policy.act(rows, (self._seed, self._drawn))

    def evaluate(
        self, episodes: int = 10, seed: int = 0, env: Any = None, deterministic: bool = True
    ) -> dict[str, NDArray[Any]]:
        """Play whole episodes and learn nothing.

        episodes: how many; lanes share them evenly, since to take those that end first would prefer the short ones.
        seed: of the reset at the start.
        env: where; None is the environment of the training, whose episodes begin anew when ``learn`` goes on. Habitats
            that are held out are ``HabitatVectorEnv(n, ..., base_env=HELD_OUT_FROM, evaluation=True)``.

        Returns ``returns`` float64, ``lengths`` int64 and ``terminated`` bool, each (episodes,), lane after lane.
        """
        if _whole("episodes", episodes) < 1:
            raise ValueError(f"episodes {episodes}: allowed is at least 1")
        if env is None:
            self._learner()
            lanes, self._is_moved = self._lanes, not self._is_habitat
        else:
            lanes = lanes_of(env)
            self._check(lanes, env)
        share, more = divmod(int(episodes), lanes.num_envs)
        wanted = share + (np.arange(lanes.num_envs) < more)
        found: list[list[tuple[float, int, bool]]] = [[] for _ in wanted]
        totals, lengths = np.zeros(lanes.num_envs), np.zeros(lanes.num_envs, np.int64)
        lanes.seed(task.as_seed(seed))
        rows = lanes.begin()
        while any(len(own) < count for own, count in zip(found, wanted)):
            rows, rewards, ends, _ = lanes.step(self._act(rows, deterministic))
            taken = ends != BEGUN
            totals[taken] += rewards[taken]
            lengths[taken] += 1
            for lane in np.flatnonzero(taken & (ends != RUNNING)):
                if len(found[lane]) < wanted[lane]:
                    found[lane].append((totals[lane], lengths[lane], ends[lane] == TERMINATED))
                totals[lane], lengths[lane] = 0.0, 0
        flat = [episode for own in found for episode in own]
        columns = (("returns", np.float64), ("lengths", np.int64), ("terminated", bool))
        return {name: np.array([row[at] for row in flat], dtype) for at, (name, dtype) in enumerate(columns)}

    # Keeping

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the policy – weights, normaliser, spaces – as a safetensors file, whole or not at all."""
        _write(path, self._policy.to_bytes(self._facts()))

    @classmethod
    def load(cls, path: str | os.PathLike[str], env: Any = None, **settings: Any) -> PPO:
        """The agent of a file that :meth:`save` or ``lunar-habitat train`` wrote.

        Without ``env`` it acts, evaluates and is saved, and does not learn. With it, it learns on from the weights, the
        normaliser and the scale of rewards of the file; the optimiser begins anew, and ``settings`` are those of
        :class:`PPO` without the shape of the network, which the file tells. To go on to the bit, see :meth:`restore`.

        Raises ``OSError`` where the system refuses, ``ValueError`` for a file that is no policy and for an environment
        with other spaces, or of another task.
        """
        policy = _native.Policy.from_bytes(Path(path).read_bytes())
        if env is None:
            if settings:
                raise TypeError(f"setting {next(iter(settings))!r} without env: allowed is env with settings")
            return cls._of(policy)
        told = [name for name in _SHAPE if name in settings]
        if told:
            raise TypeError(f"setting {told[0]!r}: the file tells it; allowed are the other settings of PPO")
        cls._of(policy)._check(lanes_of(env), env)
        shape = policy.shape()
        agent = cls(env, **{name: shape[name] for name in _SHAPE}, **settings)
        agent._learner().begin_from(policy)
        agent._policy = agent._learner().policy()
        return agent

    def export_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write the policy as an ONNX file, opset 17, whole or not at all.

        Input ``observation`` (N, numbers), output ``action`` (N, numbers) in the environment's range, or ``logits``
        (N, choices), the largest of which is the choice, counted from 0; float32.
        """
        low, high = self.actions.low.tolist(), self.actions.high.tolist()
        _write(path, self._policy.to_onnx(low, high, self._facts()))

    def checkpoint(self, path: str | os.PathLike[str]) -> None:
        """Write everything that the training goes on from; ``RuntimeError`` where the environment cannot tell its state.

        Only the lanes of a :class:`HabitatVectorEnv` can.
        """
        found = self._learner().checkpoint()
        if found is None:
            raise RuntimeError(
                f"a {type(self.env).__name__} cannot tell its state, so there is no checkpoint: allowed is a "
                "HabitatVectorEnv without wrappers; save() keeps the policy of any environment"
            )
        _write(path, found)

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Go on from a checkpoint of an agent with the same arguments, to the bit, on any number of threads.

        ``ValueError`` for a file that is damaged or of another training; only another ``restore`` helps then.
        """
        native = self._learner()
        native.resume(Path(path).read_bytes())
        self._policy = native.policy()

    # Below

    @classmethod
    def _of(cls, policy: _native.Policy) -> PPO:
        """An agent that acts and does not learn."""
        agent = cls.__new__(cls)
        facts, shape = dict(policy.facts()), policy.shape()
        is_choice = shape["head"] == "categorical"
        if "action_space" in facts:
            agent.actions = Actions.read(facts["action_space"])
        else:
            box = spaces.Box(-1.0, 1.0, (shape["outputs"],), np.float32)
            agent.actions = Actions(spaces.Discrete(shape["outputs"]) if is_choice else box)
        usual = Observations(spaces.Box(-np.inf, np.inf, (shape["observations"],)))
        text = facts.get("observation_space")
        agent.observations = usual if text is None else Observations.read(text)
        found = (agent.actions.outputs, agent.actions.is_box, agent.observations.width)
        if found != (shape["outputs"], not is_choice, shape["observations"]):
            raise ValueError("policy: its spaces do not fit its network")
        agent.env = agent._lanes = agent._native = None
        agent._is_habitat = agent._is_moved = False
        seed = facts.get("seed", "0")
        agent._seed, agent._drawn, agent._settings, agent._policy = int(seed) if seed.isdigit() else 0, 0, {}, policy
        return agent

    def _learner(self) -> _native.Learner:
        if self._native is None:
            raise RuntimeError("the agent has no environment to learn in: allowed is PPO.load(path, env)")
        return self._native

    def _check(self, lanes: Lanes, env: Any) -> None:
        """Refuse lanes with other spaces, or of another task."""
        for name, own, found in (
            ("actions", self.actions.text(), lanes.actions.text()),
            ("observations", self.observations.text(), lanes.observations.text()),
        ):
            if own != found:
                raise ValueError(f"policy: its {name} are {own}, those of the environment {found}")
        if isinstance(env, HabitatVectorEnv) and "task_hash" in dict(self._facts()):
            _native.Policy.from_bytes(self._policy.to_bytes(self._facts())).fits(env.native)

    def _facts(self) -> list[tuple[str, str]]:
        """Facts of the policy beside those that the module below adds."""
        facts = dict(self._policy.facts())
        facts |= {"action_space": self.actions.text(), "observation_space": self.observations.text()}
        if self._native is not None:
            facts |= {"seed": str(self._seed), "decisions_learned": str(self._native.steps())}
            facts |= {"gamma": str(self._settings["gamma"])}
            if self._is_habitat:
                facts["task_hash"] = self.env.native.task_hash
        return list(facts.items())

    def __repr__(self) -> str:
        shape = self._policy.shape()
        place = "no environment" if self._native is None else f"{self._lanes.num_envs} lanes of {self.env}"
        return f"PPO({shape['observations']} observations, {self.actions.space}, {place})"

    def __getstate__(self) -> bytes:
        """Pickled is the policy alone, as :meth:`save` writes it."""
        return self._policy.to_bytes(self._facts())

    def __setstate__(self, state: bytes) -> None:
        self.__dict__ = PPO._of(_native.Policy.from_bytes(state)).__dict__


def _whole(name: str, number: Any) -> int:
    """``number`` as a whole number that is not negative."""
    if isinstance(number, (bool, np.bool_)) or not isinstance(number, (int, np.integer)):
        raise TypeError(f"{name} is a {type(number).__name__}: allowed are whole numbers")
    if number < 0:
        raise ValueError(f"{name} {number}: allowed are whole numbers of at least 0")
    return int(number)


def _write(path: str | os.PathLike[str], content: bytes) -> None:
    """Write beside ``path``, wait until it is on the disk, then give it its name."""
    path = Path(path)
    draft = path.with_name(path.name + ".part")
    try:
        with open(draft, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second one raises. In other threads than the main one nothing sets it."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def note(*_: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.getsignal(signal.SIGINT)
    if before is None:
        # Something outside of Python listens; it cannot be put back.
        yield stop
        return
    signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
