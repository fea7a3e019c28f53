"""PPO of RLlib on one mission, with a worker process of its own; says so and ends where the package is missing."""

import os
import sys

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import lunar_habitat_rl

try:
    import ray
    from ray.rllib.algorithms.ppo import PPOConfig
except ImportError:
    print("RLlib is missing: pip install 'lunar-habitat-rl[rllib]'; nothing was trained")
    sys.exit(0)

DECISION_S = 21_600.0
# The module before the colon is imported by every worker, and registers the ids there.
ID = "lunar_habitat_rl:LunarHabitat/CdraFailure-v1"

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
config = (
    PPOConfig()
    .environment(ID, env_config={"reward": "balanced", "decision_s": DECISION_S})
    .env_runners(num_env_runners=1, num_envs_per_env_runner=2, rollout_fragment_length=128)
    .training(
        # The discount of a decision from its length, with the time constant of the suite.
        gamma=lunar_habitat_rl.discount(DECISION_S),
        train_batch_size_per_learner=256,
        minibatch_size=128,
        num_epochs=2,
    )
    .debugging(seed=0)
)
algorithm = config.build_algo()
for iteration in range(2):
    result = algorithm.train()
    runners = result["env_runners"]
    print(
        f"iteration {iteration}: {runners['num_env_steps_sampled']} decisions, {runners['num_episodes']} missions ended, "
        f"after {runners['episode_len_mean'] * DECISION_S / 86_400:.1f} days, return {runners['episode_return_mean']:.2f}"
    )
algorithm.stop()
ray.shutdown()
