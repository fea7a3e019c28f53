"""The learner on tasks of others, beside PPO of Stable-Baselines3 with the same settings and steps, over five seeds."""

import importlib.util
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import gymnasium
import numpy as np
import pytest

pytest.importorskip("torch", reason="torch not installed")
pytest.importorskip("stable_baselines3", reason="stable_baselines3 not installed")

SEEDS = range(5)
EPISODES = 20
#: Two-sided 95 % of Student's t with 4 degrees of freedom.
T_95 = 2.776


@dataclass(frozen=True)
class Level:
    """A task, and what both learners are told; ``half`` is half the range of an action."""

    name: str
    steps: int
    lanes: int
    segment: int
    minibatch: int
    epochs: int
    rate: float
    gamma: float = 0.99
    gae_lambda: float = 0.95
    norm_max: float = 0.5
    half: float = 1.0
    is_normalised: bool = False

    def envs(self):
        return [partial(gymnasium.make, self.name)] * self.lanes


#: The first two with what RL Baselines3 Zoo names for them, rates held; the third with the settings of the PPO paper.
LEVELS = [
    Level("CartPole-v1", 100_000, 8, 32, 256, 20, 1e-3, gamma=0.98, gae_lambda=0.8),
    Level("Pendulum-v1", 100_000, 4, 1_024, 64, 10, 1e-3, gamma=0.9, half=2.0),
    Level("HalfCheetah-v5", 200_000, 4, 512, 64, 10, 3e-4, is_normalised=True),
]


def ours(level, seed):
    """Mean return of the policy of our learner."""
    from lunar_habitat_rl import PPO

    agent = PPO(
        gymnasium.vector.SyncVectorEnv(level.envs()),
        seed=seed,
        segment=level.segment,
        minibatches=level.lanes * level.segment // level.minibatch,
        epochs=level.epochs,
        rate=level.rate,
        gamma=level.gamma,
        gae_lambda=level.gae_lambda,
        norm_max=level.norm_max,
        # Deviations of ours are in halves of the range, those of the peer in units of the action, where e⁰ is the usual.
        log_std=-float(np.log(level.half)),
        normalise=level.is_normalised,
        scale_rewards=level.is_normalised,
        anneal=False,
    )
    agent.learn(level.steps)
    env = gymnasium.vector.SyncVectorEnv(level.envs())
    return agent.evaluate(EPISODES, seed=1_000 + seed, env=env)["returns"].mean()


def theirs(level, seed):
    """Mean return of the policy of Stable-Baselines3."""
    import torch
    from stable_baselines3 import PPO
    from stable_baselines3.common.evaluation import evaluate_policy
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

    torch.set_num_threads(1)
    lanes = DummyVecEnv(level.envs())
    if level.is_normalised:
        lanes = VecNormalize(lanes, gamma=level.gamma)
    model = PPO(
        "MlpPolicy",
        lanes,
        seed=seed,
        n_steps=level.segment,
        batch_size=level.minibatch,
        n_epochs=level.epochs,
        learning_rate=level.rate,
        gamma=level.gamma,
        gae_lambda=level.gae_lambda,
        max_grad_norm=level.norm_max,
        device="cpu",
    )
    model.learn(level.steps)
    if level.is_normalised:
        lanes.training, lanes.norm_reward = False, False
    lanes.seed(1_000 + seed)
    return float(np.mean(evaluate_policy(model, lanes, EPISODES, warn=False, return_episode_rewards=True)[0]))


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_returns_at_equal_steps_are_not_below_those_of_stable_baselines3(level):
    if level.name.startswith("HalfCheetah") and not all(map(importlib.util.find_spec, ("mujoco", "imageio"))):
        pytest.skip("mujoco and imageio not installed: cargo xtask test --peers")
    # Processes of their own, two at a time: neither learner shares threads or random state with the other.
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        our = np.array(list(pool.map(partial(ours, level), SEEDS)))
        their = np.array(list(pool.map(partial(theirs, level), SEEDS)))
    half = T_95 * their.std(ddof=1) / np.sqrt(len(SEEDS))
    found = f"ours {our.mean():.0f} {our.round(0)}, theirs {their.mean():.0f} ± {half:.0f} {their.round(0)}"
    print(f"{level.name} at {level.steps} steps: {found}")
    # Where all five of theirs are at the top, the interval is a point.
    assert our.mean() >= their.mean() - half - 1e-6 * abs(their.mean()), found
