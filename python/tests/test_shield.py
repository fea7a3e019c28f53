"""A policy through the shield: what it did is in ``info``, alone and in lanes, and in recordings."""

import gymnasium
import numpy as np
import pytest

from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv, record

LIMITS = {"carbon_dioxide", "oxygen", "pressure", "temperature", "potable_water", "power"}
DAY = 144


def test_everything_off_for_two_days_is_survived_and_said():
    env = gymnasium.make("LunarHabitat/Artemis30d-v1", shield=True)
    env.reset(seed=1)
    off = np.full(env.action_space.shape, -1.0, np.float32)
    found = []
    for _ in range(3 * DAY):
        *_, terminated, truncated, info = env.step(off)
        assert not terminated and not truncated
        if info["interventions"]:
            assert not np.array_equal(info["taken"], off)
        else:
            assert np.array_equal(info["taken"], off)
        found += info["interventions"]
    assert found and {one["limit"] for one in found} <= LIMITS
    firsts = [one for one in found if np.isfinite(one["breaks_s"])]
    assert firsts and all(0.0 < one["breaks_s"] <= 21_600.0 for one in firsts)
    bare = HabitatEnv("artemis-30d")
    bare.reset(seed=1)
    info = bare.step(off)[4]
    assert "interventions" not in info and "taken" not in info
    for _ in range(3 * DAY):
        if bare.step(off)[2]:
            break
    else:
        pytest.fail("without a shield the mission is lost")


def test_lanes_give_what_each_gives_alone():
    lanes = HabitatVectorEnv(2, "artemis-30d", shield=True, threads=2)
    alone = HabitatEnv("artemis-30d", shield=True, env_id=1)
    lanes.reset(seed=1)
    alone.reset(seed=1)
    off = np.full(alone.action_space.shape, -1.0, np.float32)
    handed = 0
    for _ in range(2 * DAY):
        observations, *_, infos = lanes.step(np.stack([off, off]))
        observation, *_, info = alone.step(off)
        assert np.array_equal(observations[1], observation)
        assert np.array_equal(infos["taken"][1], info["taken"])
        assert infos["_interventions"][1] == bool(info["interventions"])
        if info["interventions"]:
            assert infos["interventions"][1] == info["interventions"][0]["limit"]
            handed += 1
        else:
            assert infos["interventions"][1] == "" and np.isnan(infos["breaks_s"][1])
    assert handed > 0


def test_recordings_have_its_columns():
    env = HabitatVectorEnv(2, "artemis-30d", shield=True, acts="thresholds", difficulty="hard")
    rollout = record(env, lambda seen: np.full((2, 16), -1.0, np.float32), episodes=2, seed=0)
    limits = rollout.columns["shield.limit"]
    assert set(limits) - {""} <= LIMITS and (limits != "").any()
    handed = limits != ""
    assert (rollout.columns["asked.rules.scarce"][handed] == -1.0).all()
    assert (rollout.columns["action.rules.scarce"][handed] == 0.0).all()
    assert rollout.facts["shield"] == "86400"


def test_forks_and_other_words_are_refused():
    env = HabitatEnv("artemis-30d", shield=True)
    env.reset(seed=0)
    env.restore(env.fork(3))
    with pytest.raises(ValueError, match="this episode is a fork"):
        env.step(env.hold())
    with pytest.raises(TypeError, match="shield is a str"):
        HabitatEnv("artemis-30d", shield="yes")
