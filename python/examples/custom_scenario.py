"""A habitat of one's own: a text that changes a shipped scenario, with numbers drawn for every episode."""

from lunar_habitat_rl import HabitatEnv

SCENARIO = """
schema = 1
extends = "cabin-30d"
name = "short-of-water"
title = "Two days of the cabin, short of water, in a laboratory of another size"
duration_days = 2.0

[[vary]]
key = "stores.potable_kg"
low = 60.0
high = 120.0

[[vary]]
key = "zone.laboratory.volume_m3"
low = 90.0
high = 130.0
"""

env = HabitatEnv(SCENARIO, decision_s=21_600.0, render_mode="ansi")
_, info = env.reset(seed=3)
for _ in range(3):
    print("episode", info["episode_number"], info["parameters"])
    _, info = env.reset()

# One episode with an exact value; the other number is still drawn.
_, info = env.reset(options={"params": {"stores.potable_kg": 100.0}})
print("exact", info["parameters"])
ended = False
while not ended:
    _, _, terminated, truncated, info = env.step(env.hold())
    ended = terminated or truncated
print(env.render())
