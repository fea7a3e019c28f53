"""Thresholds as actions: through the registry, in lanes, in recordings, and what is refused."""

import pickle

import gymnasium
import numpy as np
import pytest
from conftest import actions_of

from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv, make_lunar_env, record

NAME = "LunarHabitat/Cascade-v1"


def test_the_registry_makes_it_and_the_zero_action_holds():
    env = gymnasium.make(NAME, acts="thresholds", difficulty="hard")
    base = env.unwrapped
    assert env.action_space.shape == (16,) and env.action_space.dtype == np.float32
    assert env.observation_space == gymnasium.make(NAME).observation_space
    assert base.native.acts == "thresholds" and base.native.decision_s == 21_600.0
    assert base.native.task_hash != gymnasium.make(NAME).unwrapped.native.task_hash
    for dial in base.dials:
        assert dial["name"].startswith("rules.") and not dial["is_mode"]
        assert dial["low"] <= dial["middle"] <= dial["high"]
    env.reset(seed=0)
    assert not base.hold().any() and base.action_mask().all()
    action = actions_of(env, 1)[0]
    *_, info = env.step(action)
    assert info["duration_s"] == 21_600.0 and info["reward_terms"]["commands"] > 0.5
    assert np.array_equal(base.hold(), action)


def test_lanes_of_the_registry_give_what_each_gives_alone_and_are_pickled_whole():
    lanes = gymnasium.make_vec(NAME, num_envs=2, acts="thresholds", threads=2)
    alone = HabitatEnv("cascade", acts="thresholds", env_id=1)
    lanes.reset(seed=4)
    alone.reset(seed=4)
    for number, action in enumerate(actions_of(alone, 6)):
        if number == 3:
            lanes, alone = pickle.loads(pickle.dumps((lanes.unwrapped, alone)))
        observations, rewards, *_ = lanes.step(np.stack([-action, action]))
        observation, reward, *_ = alone.step(action)
        assert np.array_equal(observations[1], observation) and rewards[1] == np.float32(reward)


def test_coarser_steps_and_other_intervals_are_taken_where_they_divide():
    env = HabitatEnv("cascade", acts="thresholds", dt_s=300.0, decision_s=3_600.0)
    env.reset(seed=0)
    assert env.step(env.hold())[4]["duration_s"] == 3_600.0
    with pytest.raises(ValueError, match="whole multiple of 600 s"):
        HabitatEnv("cascade", acts="thresholds", decision_s=900.0)
    with pytest.raises(ValueError, match="whole multiple of 600 s"):
        env.set_decision_s(900.0)


def test_a_recording_has_a_column_a_threshold():
    env = HabitatVectorEnv(2, "cascade", acts="thresholds", dt_s=300.0)
    rollout = record(env, lambda seen: np.zeros((2, 16), np.float32), episodes=2, seed=0)
    assert "rules.shed_depth" in rollout.names("action") and rollout.facts["acts"] == "thresholds"
    assert rollout.facts["middle:action.rules.shed_depth"] == "1"
    assert rollout.facts["unit:action.rules.reserve_s"] == "s"


def test_what_is_no_way_to_act_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="no such acts: found `knobs`; allowed `dials`, `thresholds`"):
        gymnasium.make(NAME, acts="knobs")
    with pytest.raises(TypeError, match="acts is a int"):
        HabitatEnv(acts=3)
    with pytest.raises(ValueError, match="compat 'v0' with acts 'thresholds'"):
        make_lunar_env(compat="v0", acts="thresholds")
    env = HabitatEnv("cascade", acts="thresholds")
    env.reset(seed=0)
    action = env.hold()
    action[3] = np.nan
    with pytest.raises(ValueError, match="`rules.hot_k`"):
        env.step(action)
    with pytest.raises(ValueError, match="a habitat has dials alone"):
        env.native.v0_dials(0, np.zeros(26, np.float32))
