"""Many lanes: autoreset in three modes, seeds, threads, the interpreter lock."""

import copy
import pickle
import threading
import time

import numpy as np
import pytest
from conftest import LOST, SHORT, VARIED, actions_of, lanes
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode

from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv

MODES = list(AutoresetMode)


def clock(env, observations):
    """Share of the mission that is over, by lane."""
    place = [field["name"] for field in env.fields].index("clock.elapsed")
    return 0.5 * (observations[:, place] + 1.0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scenario", [SHORT, LOST])
def test_the_final_observation_and_the_flags_are_there_in_every_mode(mode, scenario):
    env = lanes(2, scenario, autoreset_mode=mode)
    env.reset(seed=0)
    for _ in range(2):
        observations, rewards, terminated, truncated, infos = env.step(env.hold())
        if (terminated | truncated).all():
            break
    lost = scenario == LOST
    assert terminated.all() == lost and truncated.all() != lost
    assert list(infos["reason"]) == (["potable_water"] * 2 if lost else ["", ""])
    assert infos["_final_observations"].all()
    final = infos["final_observations"]
    assert (clock(env, final) == 1.0).all() != lost
    assert np.array_equal(final, observations) == (mode is not AutoresetMode.SAME_STEP)
    assert (infos["cost"][:, 5] > 0.0).all() == lost


def test_next_step_begins_an_episode_without_looking_at_the_action():
    env = lanes(2)
    env.reset(seed=0)
    for _ in range(2):
        env.step(env.hold())
    nonsense = np.full(env.action_space.shape, np.nan)
    observations, rewards, terminated, truncated, infos = env.step(nonsense)
    assert (clock(env, observations) == 0.0).all()
    assert not (terminated | truncated).any() and not rewards.any()
    assert not infos["duration_s"].any() and not infos["_final_observations"].any()
    assert infos["episode_number"].tolist() == [1, 1] and "final_obs" not in infos
    infos = env.step(env.hold())[4]
    assert (infos["duration_s"] == 43_200.0).all() and "episode_number" not in infos


def test_same_step_shows_the_next_episode_and_keeps_the_end_in_info():
    env = lanes(2, LOST, autoreset_mode="SameStep")
    first, _ = env.reset(seed=0)
    observations, rewards, terminated, _, infos = env.step(env.hold())
    assert terminated.all() and (rewards < 0).all()
    assert (clock(env, observations) == 0.0).all()
    assert infos["_final_obs"].all() and infos["final_obs"].dtype == object
    assert np.array_equal(np.stack(infos["final_obs"]), infos["final_observations"])
    assert (clock(env, np.stack(infos["final_obs"])) > 0.0).all()
    assert infos["_final_info"].all() and list(infos["final_info"]["reason"]) == ["potable_water"] * 2
    assert np.array_equal(infos["final_info"]["cost"], infos["cost"])
    assert infos["episode_number"].tolist() == [1, 1]


def test_disabled_refuses_until_the_lanes_of_a_mask_are_reset():
    env = lanes(3, autoreset_mode=AutoresetMode.DISABLED)
    env.reset(seed=0)
    for _ in range(2):
        truncated = env.step(env.hold())[3]
    with pytest.raises(RuntimeError, match="lane 0"):
        env.step(env.hold())
    mask = np.array([True, False, True])
    observations, infos = env.reset(options={"reset_mask": mask})
    assert clock(env, observations).tolist() == [0.0, 1.0, 0.0]
    assert infos["_episode_number"].tolist() == mask.tolist()
    with pytest.raises(RuntimeError, match="lane 1"):
        env.step(env.hold())
    env.reset(options={"reset_mask": ~mask})
    env.step(env.hold())
    for wrong in (np.zeros(3, bool), np.ones(2, bool), np.ones((1, 3), bool)):
        with pytest.raises(ValueError, match="reset_mask"):
            env.reset(options={"reset_mask": wrong})
    for wrong in ([1, 0, 1], [1.0, 0.0, 1.0]):
        with pytest.raises(TypeError, match="reset_mask"):
            env.reset(options={"reset_mask": wrong})


def test_seeds_hold_beyond_autoreset():
    def drawn(seed):
        env = lanes(3, VARIED, autoreset_mode="SameStep")
        rows = [env.reset(seed=seed)[1]["parameters"]["stores.potable_kg"]]
        for _ in range(4):
            infos = env.step(env.hold())[4]
            if "parameters" in infos:
                rows.append(infos["parameters"]["stores.potable_kg"])
        return np.array(rows)

    first = drawn(5)
    assert first.shape == (3, 3) and len(np.unique(first)) == 9, "lanes and episodes all differ"
    assert np.array_equal(drawn(5), first)
    assert not np.array_equal(drawn(6), first)


def test_a_lane_is_the_single_environment_of_its_number():
    env = lanes(3, VARIED, autoreset_mode="SameStep", threads=2)
    observations, _ = env.reset(seed=9)
    singles = [HabitatEnv(VARIED, decision_s=43_200.0, env_id=lane) for lane in range(3)]
    firsts = [single.reset(seed=9)[0] for single in singles]
    assert np.array_equal(np.stack(firsts), observations)
    for actions in actions_of(env, 4):
        observations, rewards, _, _, infos = env.step(actions)
        for lane, single in enumerate(singles):
            seen, reward, terminated, truncated, info = single.step(actions[lane])
            assert reward == rewards[lane] and np.array_equal(info["cost"], infos["cost"][lane])
            if terminated or truncated:
                assert np.array_equal(seen, infos["final_obs"][lane])
                seen, _ = single.reset()
            assert np.array_equal(seen, observations[lane])


def test_a_seed_a_lane_and_none_for_the_next_episode():
    env = lanes(3, VARIED)
    env.reset(seed=1)
    observations, infos = env.reset(seed=[4, None, 4])
    assert infos["run"].tolist() == [4, 1, 4] and infos["episode_number"].tolist() == [0, 1, 0]
    alone = HabitatEnv(VARIED, decision_s=43_200.0, env_id=2)
    assert np.array_equal(alone.reset(seed=4)[0], observations[2])
    with pytest.raises(ValueError, match="one a lane"):
        env.reset(seed=[1, 2])


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_and_the_number_of_lanes_change_no_bit(threads):
    def bits(count, base_env, of_threads, actions):
        env = lanes(count, VARIED, threads=of_threads, base_env=base_env, autoreset_mode="SameStep")
        rows = [env.reset(seed=2)[0]]
        for action in actions:
            observations, rewards, _, _, infos = env.step(action[base_env : base_env + count])
            rows += [observations, rewards[:, None], infos["cost"], infos["final_observations"]]
        return np.concatenate(rows, axis=1)

    actions = actions_of(lanes(8), 5)
    whole = bits(8, 0, threads, actions)
    assert np.array_equal(whole, bits(8, 0, 1, actions))
    parts = [bits(3, 0, 1, actions), bits(5, 3, threads, actions)]
    assert np.array_equal(whole, np.concatenate(parts))


def test_another_thread_runs_while_habitats_step():
    env = lanes(16, "artemis-30d", decision_s=5 * 86_400.0, threads=1)
    env.reset(seed=0)
    actions = env.hold()
    marks, done = [], threading.Event()

    def count():
        while not done.is_set():
            marks.append(time.perf_counter())
            time.sleep(0.001)

    other = threading.Thread(target=count)
    other.start()
    start = time.perf_counter()
    env.step(actions)
    end = time.perf_counter()
    done.set()
    other.join()
    inside = [mark for mark in marks if start + 0.1 * (end - start) < mark < end - 0.1 * (end - start)]
    assert end - start > 0.05, "the step must be long enough to tell"
    assert len(inside) >= 3


def test_threads_that_share_an_environment_take_turns():
    env = lanes(4, "cabin-30d", decision_s=600.0)
    env.reset(seed=0)
    actions, errors = env.hold(), []

    def play():
        try:
            for _ in range(10):
                env.step(actions)
                env.snapshot(0)
        except Exception as error:
            errors.append(error)

    players = [threading.Thread(target=play) for _ in range(4)]
    for player in players:
        player.start()
    for player in players:
        player.join()
    assert errors == []
    assert env.native.lane(0)["decisions"] == 40


def test_arrays_that_were_returned_are_never_written_again():
    env = lanes(2)
    kept = [env.reset(seed=0)[0]]
    kept += [part for part in env.step(env.hold())[:4]]
    copies = [part.copy() for part in kept]
    for actions in actions_of(env, 3):
        env.step(actions)
    assert all(np.array_equal(part, old) for part, old in zip(kept, copies))
    assert all(part.flags.writeable and part.flags.c_contiguous for part in kept)


def test_types_and_bounds_over_random_play():
    env = lanes(4, "cascade", decision_s=7_200.0)
    observations, _ = env.reset(seed=3)
    for actions in actions_of(env, 60):
        assert env.observation_space.contains(observations)
        observations, rewards, terminated, truncated, infos = env.step(actions)
        assert rewards.dtype == np.float32 and rewards.shape == (4,)
        assert terminated.dtype == truncated.dtype == bool
        assert not (terminated & truncated).any()
        assert np.isfinite(rewards).all() and (infos["cost"] >= 0.0).all()
        assert infos["cost"].shape == (4, 9) and infos["reward_terms"]["alive"].shape == (4,)


@pytest.mark.parametrize("copied", [copy.deepcopy, copy.copy, lambda env: pickle.loads(pickle.dumps(env))])
def test_a_copy_of_the_lanes_goes_on_as_they_would(copied):
    env, actions = lanes(3, VARIED), actions_of(lanes(3), 4)
    env.reset(seed=1)
    env.step(actions[0])
    env.step(actions[1])
    other = copied(env)
    assert other.metadata["autoreset_mode"] is env.metadata["autoreset_mode"]
    for action in actions[2:]:
        left, right = env.step(action), other.step(action)
        assert all(np.array_equal(a, b) for a, b in zip(left[:4], right[:4]))


def test_bytes_move_an_episode_between_lanes():
    env = lanes(2, VARIED)
    env.reset(seed=1)
    env.step(env.hold())
    observations = env.restore(1, env.snapshot(0))
    assert np.array_equal(observations[0], observations[1])
    assert env.parameters(0) == env.parameters(1)
    with pytest.raises(ValueError, match="lane 2"):
        env.snapshot(2)


def test_calls_at_the_wrong_time_are_refused():
    env = lanes(2, render_mode="ansi")
    with pytest.raises(ResetNeeded):
        env.step(env.hold())
    with pytest.raises(ResetNeeded):
        env.render()
    env.reset(seed=0)
    actions = env.hold()
    assert len(env.render()) == 2 and "reward" not in env.render()[1]
    env.step(actions)
    assert all("cost crew_dose" in view and "reward" in view for view in env.render())
    env.close()
    env.close()
    assert env.closed
    for call in (env.reset, lambda: env.step(actions), env.hold, env.render):
        with pytest.raises(ClosedEnvironmentError):
            call()


def test_bad_arguments_are_refused_in_a_sentence():
    for arguments, words in (
        ({"num_envs": 0}, "at least 1"),
        ({"num_envs": 1, "threads": 0}, "at least 1"),
        ({"num_envs": 1, "autoreset_mode": "Later"}, "NextStep"),
        ({"num_envs": 1, "scenario": "mars-base"}, "no such scenario"),
    ):
        with pytest.raises(ValueError, match=words):
            HabitatVectorEnv(**arguments)
