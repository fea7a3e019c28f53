"""A PPO of Stable-Baselines3 trains on the predecessor's layout, is saved, loaded and flown."""

import gymnasium
import numpy as np
import pytest

from lunar_habitat_rl import HabitatEnv
from lunar_habitat_rl.compat import V0, load_policy

stable_baselines3 = pytest.importorskip("stable_baselines3", reason="Stable-Baselines3 is not installed")
torch = pytest.importorskip("torch", reason="torch is not installed")


def made():
    return gymnasium.make("LunarHabitat-v1", compat="v0", decision_s=3_600.0)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A policy of a few steps in a file, as it was saved."""
    torch.set_num_threads(1)
    model = stable_baselines3.PPO("MlpPolicy", made(), n_steps=32, batch_size=32, n_epochs=1, seed=0, device="cpu")
    model.learn(64)
    path = tmp_path_factory.mktemp("policy") / "v0.zip"
    model.save(path)
    return path, model


def test_a_saved_policy_decides_as_before_and_flies(saved):
    path, model = saved
    env = made()
    loaded = load_policy(path, env, stable_baselines3.PPO)
    observation, _ = env.reset(seed=3)
    for _ in range(24):
        action, _ = loaded.predict(observation, deterministic=True)
        assert np.array_equal(action, model.predict(observation, deterministic=True)[0])
        assert env.action_space.contains(action)
        observation, reward, terminated, truncated, _ = env.step(action)
        assert np.isfinite(observation).all() and np.isfinite(reward)
        if terminated or truncated:
            observation, _ = env.reset()


def test_ppo_is_what_is_loaded_where_nothing_else_is_said(saved):
    path, _ = saved
    assert isinstance(load_policy(path, made()), stable_baselines3.PPO)


def test_a_policy_of_the_layout_is_refused_on_the_environment_itself(saved):
    path, _ = saved
    with pytest.raises(ValueError, match=r"shape \(48,\).*shape \(64,\)"):
        load_policy(path, HabitatEnv("artemis-30d"))


def test_stable_baselines3_goes_on_training_on_the_wrapper(saved):
    path, _ = saved
    env = V0(HabitatEnv("cdra-failure", decision_s=3_600.0))
    stable_baselines3.PPO.load(path, env=env, device="cpu").learn(32)
