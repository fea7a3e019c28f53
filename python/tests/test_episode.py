"""One environment: ends, seeds, values, bytes, and calls at the wrong time."""

import copy
import pickle

import gymnasium
import numpy as np
import pytest
from conftest import LOST, SHORT, VARIED, actions_of
from gymnasium.error import ClosedEnvironmentError, ResetNeeded

import lunar_habitat_rl
from lunar_habitat_rl import COSTS, TERMS, HabitatEnv


def short(scenario=SHORT, **options):
    return HabitatEnv(scenario, decision_s=43_200.0, **options)


def play(env, actions):
    """Everything that steps return, flat."""
    rows = []
    for action in actions:
        observation, reward, terminated, truncated, info = env.step(action)
        rows += [observation, [reward, terminated, truncated], info["cost"]]
    return np.concatenate(rows)


def test_the_planned_end_is_truncation_and_not_death():
    env = short()
    env.reset(seed=1)
    assert env.step(env.hold())[2:4] == (False, False)
    observation, _, terminated, truncated, info = env.step(env.hold())
    assert (terminated, truncated) == (False, True)
    assert info["reason"] == "" and info["reward_terms"]["finished"] == 1.0
    elapsed = [field["name"] for field in env.fields].index("clock.elapsed")
    assert observation[elapsed] == 1.0, "the final observation is that of the end"


def test_a_lost_mission_is_termination_with_its_reason():
    env = short(LOST)
    env.reset(seed=1)
    _, reward, terminated, truncated, info = env.step(env.hold())
    assert (terminated, truncated) == (True, False)
    assert info["reason"] == "potable_water" and info["reward_terms"]["lost"] == 1.0
    assert reward < -9.0
    assert info["duration_s"] < 43_200.0, "the decision ends with the mission"


def test_a_step_after_the_end_is_refused_until_a_reset():
    env = short(LOST)
    env.reset(seed=1)
    env.step(env.hold())
    with pytest.raises(RuntimeError, match="reset it"):
        env.step(env.hold())
    env.reset()
    env.step(env.hold())


@pytest.mark.parametrize("made", [lambda: short(), lambda: gymnasium.make("LunarHabitat-v1")])
def test_a_step_and_a_picture_before_the_first_reset_are_refused(made):
    env = made()
    with pytest.raises(ResetNeeded):
        env.step(env.action_space.sample())
    drawn = short(render_mode="ansi")
    with pytest.raises(ResetNeeded):
        drawn.render()


def test_a_closed_environment_refuses_everything_but_another_close():
    env = short(render_mode="ansi")
    env.reset(seed=0)
    action = env.hold()
    env.close()
    env.close()
    for call in (env.reset, lambda: env.step(action), env.hold, env.snapshot, env.render):
        with pytest.raises(ClosedEnvironmentError):
            call()


def test_a_seed_repeats_its_episodes_and_no_seed_goes_on():
    env, actions = short(VARIED), actions_of(short(), 2)
    first = [env.reset(seed=7), env.reset(), env.reset()]
    assert [info["episode_number"] for _, info in first] == [0, 1, 2]
    second = [env.reset(seed=7), env.reset(), env.reset()]
    for (one, info), (other, again) in zip(first, second):
        assert np.array_equal(one, other) and info == again
    drawn = [tuple(info["parameters"].values()) for _, info in first]
    assert len(set(drawn)) == 3, "every episode is drawn anew"
    env.reset(seed=7)
    played = play(env, actions)
    env.reset(seed=7)
    assert np.array_equal(play(env, actions), played)


def test_the_first_reset_without_a_seed_draws_one():
    runs = {short().reset()[1]["run"] for _ in range(4)}
    assert len(runs) == 4


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        short().reset(seed=seed)


def test_a_seed_that_is_no_whole_number_is_refused():
    for seed in (1.5, "1", True):
        with pytest.raises(TypeError, match="whole numbers"):
            short().reset(seed=seed)


def test_exact_values_stand_for_one_episode():
    env = short(VARIED)
    _, info = env.reset(seed=0, options={"params": {"stores.potable_kg": 250.0}})
    assert info["parameters"]["stores.potable_kg"] == 250.0
    assert 100.0 <= info["parameters"]["zone.living.volume_m3"] <= 130.0
    assert env.readings()["stores.potable_kg"][0] == pytest.approx(250.0, rel=0.05)
    _, info = env.reset()
    assert info["parameters"]["stores.potable_kg"] != 250.0


def test_bad_values_and_options_are_refused_in_a_sentence():
    env = short(VARIED)
    with pytest.raises(ValueError, match="garage"):
        env.reset(options={"params": {"zone.garage.volume_m3": 1.0}})
    with pytest.raises(ValueError, match="parms"):
        env.reset(options={"parms": {}})
    for arguments, words in (
        ({"scenario": "mars-base"}, "no such scenario"),
        ({"scenario": SHORT + "volume = 3\n"}, "volume"),
        ({"reward": "money"}, "survival"),
        ({"reward": {"money": 1.0}}, "reward term"),
        ({"on_bad_action": "ignore"}, "refuse"),
        ({"decision_s": 61.0}, "whole part"),
        ({"render_mode": "human"}, "rgb_array"),
        ({"env_id": lunar_habitat_rl.HELD_OUT_FROM}, "held out"),
    ):
        with pytest.raises(ValueError, match=words):
            HabitatEnv(**arguments)
    HabitatEnv(env_id=lunar_habitat_rl.HELD_OUT_FROM, evaluation=True)


def test_costs_and_terms_have_names_units_and_limits():
    env = short()
    env.reset(seed=0)
    _, reward, _, _, info = env.step(env.hold())
    assert list(info["costs"]) == [cost["name"] for cost in COSTS]
    assert info["cost"].tolist() == list(info["costs"].values())
    assert all(cost["low"] is not None or cost["high"] is not None for cost in COSTS)
    assert list(info["reward_terms"]) == [name for name, _ in TERMS]
    weights = env.native.weights
    assert reward == pytest.approx(np.dot(weights, list(info["reward_terms"].values())), rel=1e-6)
    alone = short(reward={"alive": 0.0, "progress": 2.0})
    alone.reset(seed=0)
    assert alone.step(alone.hold())[1] == pytest.approx(1.0)


def test_bytes_carry_an_episode_into_another_environment():
    actions = actions_of(short(), 2)
    env, other = short(VARIED), short(VARIED)
    env.reset(seed=5)
    env.step(actions[0])
    other.restore(env.snapshot())
    assert np.array_equal(play(env, actions[1:]), play(other, actions[1:]))
    with pytest.raises(ValueError, match="scenario is another"):
        short().restore(env.snapshot())
    with pytest.raises(ValueError):
        env.restore(env.snapshot()[:-1])


def test_a_fork_starts_from_the_same_moment_with_a_future_of_its_own(env):
    env.reset(seed=5)
    env.step(env.hold())
    before = env.readings()
    assert env.fork(1) != env.fork(2) != env.snapshot()
    future = HabitatEnv("cabin-30d")
    future.restore(env.fork(1))
    assert future.readings() == before


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_a_copy_goes_on_as_the_original_would_and_leaves_it_alone(copied):
    actions = actions_of(short(), 2)
    env = short(VARIED)
    env.reset(seed=5)
    env.step(actions[0])
    env.action_space.seed(3)
    other = copied(env)
    here = env.snapshot()
    assert np.array_equal(other.action_space.sample(), copied(env).action_space.sample())
    played = play(other, actions[1:])
    assert env.snapshot() == here
    assert np.array_equal(play(env, actions[1:]), played)
    assert np.array_equal(env.reset()[0], other.reset()[0]), "the next episode is the same too"


def test_copies_remember_that_they_were_never_reset_or_are_closed():
    with pytest.raises(ResetNeeded):
        pickle.loads(pickle.dumps(short())).step(short().hold())
    env = short()
    env.close()
    with pytest.raises(ClosedEnvironmentError):
        pickle.loads(pickle.dumps(env)).reset()


def test_random_play_stays_in_the_spaces_with_their_types(env):
    observation, _ = env.reset(seed=2)
    env.action_space.seed(2)
    for _ in range(300):
        assert observation.dtype == np.float32 and env.observation_space.contains(observation)
        observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
        assert type(reward) is float and type(terminated) is bool and type(truncated) is bool
        assert info["cost"].dtype == np.float32 and (info["cost"] >= 0.0).all()
        if terminated or truncated:
            observation, _ = env.reset()


def test_the_decision_interval_can_change_within_an_episode(env):
    env.reset(seed=0)
    env.set_decision_s(1_200.0)
    assert env.step(env.hold())[4]["duration_s"] == 1_200.0
    with pytest.raises(ValueError, match="decision interval"):
        env.set_decision_s(90.0)
    env.reset()
    assert env.step(env.hold())[4]["duration_s"] == 600.0


def test_the_discount_is_a_time_constant():
    one, two = lunar_habitat_rl.discount(600.0), lunar_habitat_rl.discount(1_200.0)
    assert one**2 == pytest.approx(two, rel=1e-12) and 0.999 < one < 1.0
