"""Stable-Baselines3 takes every id, learns on it, and keeps truncation apart from death."""

import warnings

import gymnasium
import numpy as np
import pytest
from conftest import ALL_IDS, LOST, SHORT

from lunar_habitat_rl import HabitatEnv, discount

torch = pytest.importorskip("torch", reason="torch not installed")
pytest.importorskip("stable_baselines3", reason="stable_baselines3 not installed")

from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecNormalize

DECISION_S = 3_600.0


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make(env_id, name="lunar_habitat_rl:LunarHabitat/OgaFailure-v1"):
    """A factory; the module before the colon is imported by the process that calls it."""
    return lambda: gymnasium.make(name, reward="balanced", decision_s=DECISION_S, env_id=env_id)


@pytest.mark.parametrize("name", ALL_IDS)
def test_the_checks_of_stable_baselines3_find_nothing(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(name, render_mode="rgb_array").unwrapped, warn=True)


def test_ppo_learns_and_a_saved_policy_decides_as_before(tmp_path):
    lanes = DummyVecEnv([make(env_id) for env_id in range(4)])
    model = PPO(
        "MlpPolicy", lanes, gamma=discount(DECISION_S), n_steps=64, batch_size=64, n_epochs=2, seed=0, device="cpu"
    )
    before = {name: value.clone() for name, value in model.policy.state_dict().items()}
    model.learn(total_timesteps=512)
    assert model.num_timesteps == 512
    after = model.policy.state_dict()
    assert all(torch.isfinite(value).all() for value in after.values())
    moved = [name for name in after if not torch.equal(after[name], before[name])]
    assert "action_net.weight" in moved and "value_net.weight" in moved

    model.save(tmp_path / "policy.zip")
    loaded = PPO.load(tmp_path / "policy.zip", device="cpu")
    observations = lanes.reset()
    for _ in range(20):
        actions, _ = model.predict(observations, deterministic=True)
        again, _ = loaded.predict(observations, deterministic=True)
        assert np.array_equal(actions, again) and lanes.action_space.contains(actions[0])
        observations, rewards, _, _ = lanes.step(actions)
        assert np.isfinite(rewards).all()
    lanes.close()


def test_learning_twice_with_one_seed_gives_one_policy():
    def learned():
        lanes = DummyVecEnv([make(env_id) for env_id in range(2)])
        model = PPO("MlpPolicy", lanes, n_steps=32, batch_size=32, n_epochs=1, seed=3, device="cpu")
        return model.learn(total_timesteps=128).policy.state_dict()

    left, right = learned(), learned()
    assert all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("scenario", [SHORT, LOST])
def test_truncation_is_not_death_and_the_final_observation_is_kept(scenario):
    lanes = DummyVecEnv([lambda: HabitatEnv(scenario, decision_s=43_200.0)])
    lanes.seed(5)
    lanes.reset()
    alone = HabitatEnv(scenario, decision_s=43_200.0)
    alone.reset(seed=5)
    ended = [False]
    while not ended[0]:
        final, _, terminated, truncated, _ = alone.step(alone.hold())
        observations, _, ended, infos = lanes.step(alone.hold()[np.newaxis])
    lost = scenario == LOST
    assert (terminated, truncated) == (lost, not lost)
    assert infos[0]["TimeLimit.truncated"] == (not lost)
    assert np.array_equal(infos[0]["terminal_observation"], final)
    assert np.array_equal(observations[0], alone.reset()[0]), "what is seen is the next episode"
    lanes.close()


def test_worker_processes_and_normalisation_take_it():
    lanes = VecNormalize(SubprocVecEnv([make(env_id) for env_id in range(2)], start_method="spawn"))
    lanes.seed(1)
    observations = lanes.reset()
    assert observations.shape == (2, *lanes.observation_space.shape)
    for _ in range(3):
        observations, rewards, _, _ = lanes.step(np.stack([lanes.action_space.sample() for _ in range(2)]))
        assert np.isfinite(observations).all() and np.isfinite(rewards).all()
    lanes.close()
