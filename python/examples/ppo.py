"""The learner of the suite on a pole, on a habitat, and what it learned written down for others."""

import tempfile
from pathlib import Path

import gymnasium

import lunar_habitat_rl
from lunar_habitat_rl import HELD_OUT_FROM, PPO, HabitatVectorEnv

# Any vector environment of Gymnasium whose actions are a Box or a Discrete.
pole = gymnasium.make_vec("CartPole-v1", num_envs=8)
agent = PPO(pole, seed=0, segment=128, minibatches=4, epochs=8, rate=2e-3, gamma=0.98)
before = agent.evaluate(8, seed=1)["returns"].mean()
agent.learn(30_000)
print(f"pole: {before:.0f} steps before learning, {agent.evaluate(8, seed=1)['returns'].mean():.0f} after")

# A habitat: stepped in Rust, without the interpreter. The discount follows from the time constant of the suite.
DECISION_S = 21_600.0
TASK = {"scenario": "oga-failure", "acts": "thresholds", "decision_s": DECISION_S}
agent = PPO(
    HabitatVectorEnv(16, **TASK),
    seed=0,
    segment=32,
    minibatches=2,
    epochs=4,
    gamma=lunar_habitat_rl.discount(DECISION_S),
    log_std=-0.7,
)
for figures in agent.learn(1_024):
    print(f"habitat: {figures['steps']} decisions, {figures['wall_s']:.1f} s an update")

# Missions that no training may see.
held_out = HabitatVectorEnv(8, **TASK, base_env=HELD_OUT_FROM, evaluation=True)
found = agent.evaluate(8, env=held_out)
print(f"held out: {(~found['terminated']).sum()} of 8 crews come home")

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "policy.onnx"
    agent.export_onnx(file)
    print(f"for other programs: {file.name}, {file.stat().st_size} bytes")
