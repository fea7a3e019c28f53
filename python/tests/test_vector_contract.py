"""What Gymnasium asks of a vector of environments, asked of ours: spaces, arrays, seeds, ends, infos, closing, wrappers.

The questions are those that Gymnasium puts to its own vectors. Where ``SyncVectorEnv`` of the single environment
can answer, its answer is the one that is expected, bit for bit.
"""

import itertools

import gymnasium
import numpy as np
import pytest
from conftest import LOST, SHORT, VARIED, actions_of, lanes
from gymnasium import wrappers
from gymnasium.error import ClosedEnvironmentError
from gymnasium.spaces import Box
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.vector.utils import batch_space

from lunar_habitat_rl import HabitatEnv, HabitatVectorEnv

MODES = list(AutoresetMode)
N = 3


def of_gymnasium(scenario=SHORT, mode=AutoresetMode.NEXT_STEP, wrapper=lambda env: env, **options):
    """Gymnasium's own vector of the environments that :func:`conftest.lanes` has."""

    def make(env_id):
        return lambda: wrapper(HabitatEnv(scenario, decision_s=43_200.0, env_id=env_id, **options))

    return SyncVectorEnv([make(env_id) for env_id in range(N)], autoreset_mode=mode)


def arrays_in(tree):
    """Every array of numbers of a nested structure."""
    if isinstance(tree, np.ndarray) and tree.dtype != object:
        yield tree
    elif isinstance(tree, np.ndarray):
        yield from arrays_in(tree.tolist())
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from arrays_in(part)
    elif isinstance(tree, dict):
        yield from arrays_in(list(tree.values()))


def assert_info_equals(ours, theirs, final):
    """What ours says of a lane, theirs says too, of the decision that was taken.

    Gymnasium shows the end of an episode in ``final_info`` where the lane has begun another one, and nothing where a
    lane took no decision; ours shows every decision at one place, and zeros where there was none.
    """
    for key, value in ours.items():
        if key.startswith("_") or key in ("final_observations", "final_info"):
            continue
        if isinstance(value, dict):
            assert_info_equals(value, theirs.get(key, {}), final.get(key, {}))
            continue
        for lane in np.flatnonzero(ours["_" + key]):
            said = [info[key][lane] for info in (theirs, final) if key in info and info["_" + key][lane]]
            assert np.array_equal(value[lane], said[0] if said else np.zeros_like(value[lane])), (key, lane)


def staggered(mode):
    """Three lanes of which the second one ends its first episode after four decisions, the others after two."""
    env = lanes(N, autoreset_mode=mode)
    env.reset(seed=0)
    env.set_decision_s(1, 21_600.0)
    return env


# Spaces.


def test_spaces_of_the_batch_are_those_of_a_lane_side_by_side():
    env, single = lanes(N), HabitatEnv(SHORT)
    assert env.num_envs == N and type(env.num_envs) is int
    assert env.single_observation_space == single.observation_space
    assert env.single_action_space == single.action_space
    assert env.observation_space == batch_space(single.observation_space, N)
    assert env.action_space == batch_space(single.action_space, N)
    assert isinstance(env.observation_space, Box) and env.observation_space.dtype == np.float32
    sample = env.action_space.sample()
    assert sample.shape == (N, *single.action_space.shape) and sample in env.action_space
    assert env.unwrapped is env and env.spec is None and "HabitatVectorEnv" in repr(env)


def test_a_seeded_action_space_samples_the_same_as_gymnasiums():
    ours, theirs = lanes(N), of_gymnasium()
    ours.action_space.seed(5)
    theirs.action_space.seed(5)
    for _ in range(3):
        assert np.array_equal(ours.action_space.sample(), theirs.action_space.sample())


# Arrays.


def test_a_reset_returns_observations_of_the_space_and_an_info_dictionary():
    env = lanes(N)
    observations, infos = env.reset(seed=1)
    assert type(observations) is np.ndarray and observations.dtype == env.observation_space.dtype
    assert observations.shape == (N, *env.single_observation_space.shape) == env.observation_space.shape
    assert observations in env.observation_space
    assert type(infos) is dict and infos["run"].tolist() == [1] * N


def test_a_step_returns_four_arrays_with_a_row_a_lane():
    env = lanes(N)
    env.reset(seed=1)
    observations, rewards, terminated, truncated, infos = env.step(env.action_space.sample())
    assert observations in env.observation_space
    for values, kind in ((rewards, np.floating), (terminated, np.bool_), (truncated, np.bool_)):
        assert type(values) is np.ndarray and values.shape == (N,) and isinstance(values[0], kind)
    assert type(infos) is dict


@pytest.mark.parametrize("mode", MODES)
def test_no_two_arrays_of_a_step_share_memory_with_each_other_or_an_earlier_step(mode):
    env = staggered(mode)
    # Kept alive, so that memory that is free again is not taken for shared.
    steps = [env.step(env.hold()) for _ in range(2)]
    arrays = [array for array in arrays_in(steps) if array.size]
    assert len(arrays) > 50
    for left, right in itertools.combinations(arrays, 2):
        assert not np.shares_memory(left, right)
    assert all(array.flags.writeable for array in arrays)


def test_what_a_caller_writes_into_returned_arrays_changes_nothing_later():
    def play(spoil):
        env = lanes(N, VARIED, autoreset_mode="SameStep")
        rows, steps = [], [env.reset(seed=3)]
        for actions in actions_of(env, 4):
            handed = actions.copy()
            steps.append(env.step(handed))
            rows += [array.copy() for array in arrays_in(steps[-1])]
            for array in arrays_in(steps) if spoil else ():
                array.fill(0)
            handed.fill(np.nan)
        return rows

    for left, right in zip(play(False), play(True), strict=True):
        assert np.array_equal(left, right)


# Seeds.


def test_a_seed_is_a_number_a_list_or_none_as_in_gymnasium():
    env = lanes(N, VARIED)
    first, _ = env.reset(seed=8)
    assert env.np_random_seed == 8
    going_on, infos = env.reset()
    assert infos["run"].tolist() == [8] * N and infos["episode_number"].tolist() == [1] * N
    assert env.np_random_seed == 8, "a reset without a seed keeps it"
    assert not np.array_equal(going_on, first)
    assert np.array_equal(env.reset(seed=8)[0], first)
    assert np.array_equal(env.reset(seed=np.int64(8))[0], first)
    for sequence in ([8, 8, 8], (8, 8, 8), np.array([8, 8, 8])):
        assert np.array_equal(env.reset(seed=sequence)[0], first)
    other, _ = env.reset(seed=[8, 9, 8])
    assert [np.array_equal(a, b) for a, b in zip(other, first)] == [True, False, True]
    for wrong in ([1, 2], [1, 2, 3, 4]):
        with pytest.raises(ValueError, match="one a lane"):
            env.reset(seed=wrong)


def test_a_first_reset_without_a_seed_draws_one_and_lanes_differ():
    runs = {lanes(N).reset()[1]["run"][0] for _ in range(3)}
    assert len(runs) == 3
    observations, _ = lanes(N, VARIED).reset()
    assert len(np.unique(observations, axis=0)) == N


# Autoreset.


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("scenario", [VARIED, LOST], ids=["planned_end", "lost"])
def test_gymnasiums_vector_of_single_environments_gives_the_same_bits(mode, scenario):
    ours, theirs = lanes(N, scenario, autoreset_mode=mode, threads=2), of_gymnasium(scenario, mode)
    assert ours.metadata["autoreset_mode"] is theirs.metadata["autoreset_mode"] is mode
    left, right = ours.reset(seed=6), theirs.reset(seed=[6] * N)
    for actions in actions_of(ours, 7):
        assert np.array_equal(left[0], right[0])
        assert_info_equals(left[-1], right[-1], right[-1].get("final_info", {}))
        assert_info_equals(left[-1].get("final_info", {}), right[-1].get("final_info", {}), {})
        left, right = ours.step(actions), theirs.step(actions)
        for a, b in zip(left[:4], right[:4]):
            assert np.array_equal(a, b)
        ended = left[2] | left[3]
        if mode is AutoresetMode.DISABLED and ended.any():
            left, right = (env.reset(options={"reset_mask": ended.copy()}) for env in (ours, theirs))


#: Which lanes end, by step, where lane 1 ends its first episode after four decisions and the others after two.
ENDS = {
    AutoresetMode.NEXT_STEP: ["000", "101", "000", "010", "101", "000"],
    AutoresetMode.SAME_STEP: ["000", "101", "000", "111", "000", "111"],
    AutoresetMode.DISABLED: ["000", "101", "000", "111", "000", "111"],
}


@pytest.mark.parametrize("mode", MODES)
def test_lanes_that_end_at_different_steps_do_not_disturb_each_other(mode):
    env = staggered(mode)
    began = np.zeros(N, bool)
    for expected in ENDS[mode]:
        observations, rewards, terminated, truncated, infos = env.step(env.hold())
        assert "".join(map(str, truncated.astype(int))) == expected and not terminated.any()
        assert np.array_equal(infos["_final_observations"], truncated)
        idle = began if mode is AutoresetMode.NEXT_STEP else np.zeros(N, bool)
        assert np.array_equal(infos["duration_s"] == 0.0, idle) and np.array_equal(rewards == 0.0, idle)
        if mode is AutoresetMode.SAME_STEP and truncated.any():
            assert infos["final_obs"].dtype == object and np.array_equal(infos["_final_obs"], truncated)
            assert np.array_equal(infos["_final_info"], truncated)
            for lane, final in enumerate(infos["final_obs"]):
                if truncated[lane]:
                    assert final in env.single_observation_space
                    assert np.array_equal(final, infos["final_observations"][lane])
                    assert not np.array_equal(final, observations[lane])
                else:
                    assert final is None
        else:
            assert "final_obs" not in infos and "final_info" not in infos
        began = truncated
        if mode is AutoresetMode.DISABLED and truncated.any():
            options = {"reset_mask": truncated}
            after, _ = env.reset(options=options)
            assert list(options) == ["reset_mask"], "the options belong to the caller"
            assert np.array_equal(after[~truncated], observations[~truncated])


@pytest.mark.parametrize("mode", MODES)
def test_the_mode_is_metadata_of_the_vector_and_not_of_the_class(mode):
    for named in (mode, mode.value):
        env = gymnasium.make_vec("LunarHabitat-v1", num_envs=2, autoreset_mode=named)
        assert env.metadata["autoreset_mode"] is mode
        env.close()
        theirs = gymnasium.make_vec(
            "LunarHabitat-v1", num_envs=2, vectorization_mode="sync", vector_kwargs={"autoreset_mode": named}
        )
        assert theirs.metadata["autoreset_mode"] is mode
        theirs.close()
    assert HabitatVectorEnv.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert "autoreset_mode" not in HabitatEnv.metadata


def test_a_masked_reset_takes_the_seeds_of_its_lanes_and_leaves_the_others():
    env = lanes(N, VARIED, autoreset_mode=AutoresetMode.DISABLED)
    first, _ = env.reset(seed=[0, 1, 2])
    stepped = env.step(env.hold())[0]
    mask = np.array([True, True, False])
    observations, infos = env.reset(seed=[0, 1, 0], options={"reset_mask": mask})
    assert np.array_equal(observations[:2], first[:2]) and np.array_equal(observations[2], stepped[2])
    assert infos["_run"].tolist() == mask.tolist()
    assert [env.native.lane(lane)["decisions"] for lane in range(N)] == [0, 0, 1]


# Infos.


def assert_masked(infos):
    """Every key has a mask, a truth value a lane, and every mask a key."""
    for key, value in infos.items():
        if key.startswith("_"):
            assert key[1:] in infos, key
            continue
        mask = infos["_" + key]
        assert mask.dtype == bool and mask.shape == (N,), key
        if isinstance(value, dict):
            assert_masked(value)
        else:
            assert isinstance(value, np.ndarray) and len(value) == N, key


@pytest.mark.parametrize("mode", MODES)
def test_every_info_key_has_a_mask_of_the_lanes_that_said_it(mode):
    env = staggered(mode)
    assert_masked(env.reset(seed=0)[1])
    env.set_decision_s(1, 21_600.0)
    for _ in range(3):
        *_, truncated, infos = env.step(env.hold())
        assert_masked(infos)
        assert not infos["_reason"].any(), "nobody was lost"
        if mode is AutoresetMode.DISABLED and truncated.any():
            assert_masked(env.reset(options={"reset_mask": truncated})[1])


def test_the_mask_of_an_episode_is_true_where_one_began():
    env = staggered("SameStep")
    assert "_episode_number" not in env.step(env.hold())[4]
    infos = env.step(env.hold())[4]
    assert infos["_episode_number"].tolist() == [True, False, True]
    assert infos["episode_number"].tolist() == [1, 0, 1]


# Pictures, closing.


def test_pictures_are_a_tuple_of_one_a_lane_or_none():
    env = lanes(N, render_mode="rgb_array")
    env.reset(seed=0)
    frames = env.render()
    assert env.render_mode == "rgb_array" and type(frames) is tuple and len(frames) == N
    assert all(frame.dtype == np.uint8 and frame.ndim == 3 for frame in frames)
    plain = lanes(N)
    plain.reset(seed=0)
    assert plain.render_mode is None and plain.render() is None


def test_a_closed_vector_may_be_closed_again_and_refuses_steps_below_wrappers_too():
    env = wrappers.vector.RecordEpisodeStatistics(lanes(N))
    env.reset(seed=0)
    actions = env.unwrapped.hold()
    env.close()
    env.close()
    assert env.closed and env.unwrapped.closed
    for call in (lambda: env.step(actions), env.reset, lambda: env.reset(seed=1)):
        with pytest.raises(ClosedEnvironmentError, match="make a new one"):
            call()


@pytest.mark.parametrize("count", [0, N - 1, N + 1])
def test_a_number_of_actions_other_than_that_of_the_lanes_is_refused(count):
    env = lanes(N)
    env.reset(seed=0)
    with pytest.raises(ValueError, match=f"allowed is \\({N}, "):
        env.step(np.zeros((count, *env.single_action_space.shape), np.float32))
    with pytest.raises(ValueError, match="shape"):
        env.step(0.0)


# Wrappers.

#: Wrappers that Gymnasium has for one environment and for vectors.
TWINS = [
    ("FlattenObservation", {}),
    ("RescaleObservation", {"min_obs": np.float32(0.0), "max_obs": np.float32(2.0)}),
    ("DtypeObservation", {"dtype": np.float16}),
    ("ClipAction", {}),
    ("RescaleAction", {"min_action": np.float32(0.0), "max_action": np.float32(1.0)}),
    ("ClipReward", {"min_reward": -0.25, "max_reward": 0.001}),
]


@pytest.mark.filterwarnings("ignore:.*precision lowered by casting")
@pytest.mark.parametrize("name, options", TWINS, ids=[name for name, _ in TWINS])
def test_a_wrapper_around_the_vector_does_what_it_does_around_each_environment(name, options):
    ours = getattr(wrappers.vector, name)(lanes(N), **options)
    theirs = of_gymnasium(wrapper=lambda env: getattr(wrappers, name)(env, **options))
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    left, right = ours.reset(seed=2)[0], theirs.reset(seed=[2] * N)[0]
    assert left.dtype == right.dtype and np.array_equal(left, right)
    ours.action_space.seed(0)
    for _ in range(5):
        # Beyond the ends as well, for the wrapper that clips.
        actions = np.float32(1.5) * ours.action_space.sample() if name == "ClipAction" else ours.action_space.sample()
        for a, b in zip(ours.step(actions)[:4], theirs.step(actions)[:4]):
            # Rewards are single precision here and double there.
            assert np.allclose(a, b, rtol=1e-6, atol=0.0)


@pytest.mark.parametrize("mode", MODES)
def test_recorded_statistics_are_returns_and_lengths_of_whole_episodes(mode):
    version = tuple(int(part) for part in gymnasium.__version__.split(".")[:2])
    if mode is AutoresetMode.SAME_STEP and version < (1, 4):
        pytest.skip("before version 1.4 this wrapper loses the first step after an end in this mode")
    env = wrappers.vector.RecordEpisodeStatistics(staggered(mode))
    env.reset(seed=0)
    env.unwrapped.set_decision_s(1, 21_600.0)
    returns, lengths, ended_in_all = np.zeros(N), np.zeros(N, int), 0
    for actions in actions_of(env, 8):
        _, rewards, terminated, truncated, infos = env.step(actions)
        returns, lengths = returns + rewards, lengths + (infos["duration_s"] > 0.0)
        ended = terminated | truncated
        assert ("episode" in infos) == ended.any()
        if ended.any():
            assert np.array_equal(infos["_episode"], ended)
            assert np.allclose(infos["episode"]["r"][ended], returns[ended], rtol=1e-6)
            assert np.array_equal(infos["episode"]["l"][ended], lengths[ended])
            if mode is AutoresetMode.DISABLED:
                env.reset(options={"reset_mask": ended.copy()})
        returns[ended], lengths[ended] = 0.0, 0
        ended_in_all += int(ended.sum())
    assert env.episode_count == ended_in_all >= 6


def test_normalised_observations_have_the_mean_and_spread_of_what_was_seen():
    plain, env = (lanes(N, "cascade", decision_s=7_200.0) for _ in range(2))
    env = wrappers.vector.NormalizeReward(wrappers.vector.NormalizeObservation(env))
    seen = [plain.reset(seed=4)[0]]
    normal = env.reset(seed=4)[0]
    for actions in actions_of(plain, 20):
        seen.append(plain.step(actions)[0])
        normal, rewards, *_ = env.step(actions)
        assert np.isfinite(normal).all() and np.isfinite(rewards).all()
    everything = np.concatenate(seen)
    expected = (seen[-1] - everything.mean(0)) / np.sqrt(everything.var(0) + 1e-8)
    moving = everything.std(0) > 1e-3
    assert np.allclose(normal[:, moving], expected[:, moving], rtol=0.05, atol=0.05)


def test_a_wrapper_of_observations_refuses_same_step():
    # Which of the two depends on the version of Gymnasium; that it refuses shows that it reads our metadata.
    with pytest.raises((ValueError, AssertionError)):
        wrappers.vector.NormalizeObservation(lanes(N, autoreset_mode="SameStep"))


def test_infos_by_lane_hold_what_each_lane_said():
    env = wrappers.vector.DictInfoToList(staggered("SameStep"))
    env.step(env.unwrapped.hold())
    infos = env.step(env.unwrapped.hold())[4]
    assert len(infos) == N and all(info["duration_s"] > 0.0 for info in infos)
    assert ["final_obs" in info for info in infos] == [True, False, True]
    assert infos[0]["reward_terms"]["finished"] == 1.0 and infos[1]["reward_terms"]["finished"] == 0.0
