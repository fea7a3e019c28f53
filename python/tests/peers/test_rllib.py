"""RLlib builds on a registered id by its name alone and trains in worker processes."""

import os

import pytest

pytest.importorskip("torch", reason="torch not installed")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
ray = pytest.importorskip("ray", reason="ray not installed")
pytest.importorskip("ray.rllib", reason="ray[rllib] not installed")

import numpy as np
from ray.rllib.algorithms.ppo import PPOConfig

from lunar_habitat_rl import discount

DECISION_S = 21_600.0
#: Gymnasium imports the module before the colon where the id is asked for, in every process.
ID = "lunar_habitat_rl:LunarHabitat/OgaFailure-v1"


@pytest.fixture(scope="module")
def head():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def config(runners):
    return (
        PPOConfig()
        .environment(ID, env_config={"reward": "balanced", "decision_s": DECISION_S})
        .env_runners(num_env_runners=runners, num_envs_per_env_runner=2, rollout_fragment_length=32)
        .training(gamma=discount(DECISION_S), train_batch_size_per_learner=64, minibatch_size=32, num_epochs=1)
        .debugging(seed=0)
    )


def numbers(tree):
    """All numbers of a nested result."""
    for value in tree.values():
        if isinstance(value, dict):
            yield from numbers(value)
        elif isinstance(value, (int, float)):
            yield float(value)


@pytest.mark.parametrize("runners", [0, 1], ids=["in_this_process", "in_a_worker"])
def test_ppo_trains_one_iteration_on_an_id_by_name(head, runners):
    algorithm = config(runners).build_algo()
    try:
        before = algorithm.get_module().get_state()
        result = algorithm.train()
        assert result["env_runners"]["num_env_steps_sampled"] >= 64
        learner = result["learners"]["default_policy"]
        assert np.isfinite(learner["total_loss"]) and np.isfinite(list(numbers(result["learners"]))).all()
        after = algorithm.get_module().get_state()
        assert any(not np.array_equal(before[name], after[name]) for name in before), "the policy has moved"
    finally:
        algorithm.stop()


def test_a_worker_process_finds_the_id_without_an_import_of_its_own(head):
    @ray.remote
    def played():
        import sys

        import gymnasium

        assert "lunar_habitat_rl" not in sys.modules
        env = gymnasium.make(ID, decision_s=DECISION_S)
        env.reset(seed=4)
        return env.step(env.unwrapped.hold())[0]

    import gymnasium

    env = gymnasium.make(ID, decision_s=DECISION_S)
    env.reset(seed=4)
    assert np.array_equal(ray.get(played.remote()), env.step(env.unwrapped.hold())[0])
