"""PPO of Stable-Baselines3 on one mission; says so and ends where the package is missing."""

import sys

import gymnasium

import lunar_habitat_rl

try:
    from stable_baselines3 import PPO
    from stable_baselines3.common.vec_env import DummyVecEnv
except ImportError:
    print("stable_baselines3 is missing: pip install 'lunar-habitat-rl[sb3]'; nothing was trained")
    sys.exit(0)

DECISION_S = 3_600.0
ID = "LunarHabitat/CdraFailure-v1"


def make(env_id: int):
    """An environment of its own number, so that lanes differ under one seed."""
    return lambda: gymnasium.make(ID, reward="balanced", decision_s=DECISION_S, env_id=env_id)


lanes = DummyVecEnv([make(env_id) for env_id in range(4)])
# The discount of a decision from its length, with the time constant of the suite.
gamma = lunar_habitat_rl.discount(DECISION_S)
model = PPO("MlpPolicy", lanes, gamma=gamma, n_steps=72, batch_size=96, seed=0, device="cpu")
model.learn(total_timesteps=1_152)

# Environments from HELD_OUT_FROM on are never trained on.
env = gymnasium.make(
    ID, reward="balanced", decision_s=DECISION_S, env_id=lunar_habitat_rl.HELD_OUT_FROM, evaluation=True
)
observation, _ = env.reset(seed=0)
total, ended = 0.0, False
while not ended:
    action, _ = model.predict(observation, deterministic=True)
    observation, reward, terminated, truncated, info = env.step(action)
    total, ended = total + reward, terminated or truncated
print(f"held-out mission: day {info['t_s'] / 86_400:.1f}, reward {total:.2f}, {info['reason'] or 'planned end'}")
