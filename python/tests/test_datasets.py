"""Recordings: what was played is what is in them, in memory and in a file, to the bit."""

import os
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from conftest import LOST, SHORT, VARIED, lanes

import lunar_habitat_rl
from lunar_habitat_rl import HabitatEnv, Rollout, read_parquet, record
from lunar_habitat_rl.rollout import COLUMNS


def short(scenario=SHORT, **options):
    return HabitatEnv(scenario, decision_s=21_600.0, **options)


class Random:
    """A policy that plays the same actions whenever it is asked for as many."""

    def __init__(self, env, seed=0):
        self.shape, self.generator = env.action_space.shape, np.random.default_rng(seed)

    def __call__(self, observation):
        return self.generator.uniform(-1, 1, self.shape).astype(np.float32)


def answer(observation):
    """A policy of the observation alone: the same on any lane."""
    return np.sin(7.0 * observation[..., :DIALS]).astype(np.float32)


DIALS = short().action_space.shape[0]


def test_a_row_is_what_was_seen_then_done_then_got():
    env = short()
    rollout = record(env, Random(env), episodes=2, seed=3)
    policy, at = Random(env), 0
    for number in range(2):
        observation, _ = env.reset(seed=3 if number == 0 else None)
        ended = False
        while not ended:
            action = policy(observation)
            assert np.array_equal(rollout.matrix("obs")[at], observation)
            assert np.array_equal(rollout.matrix("action")[at], action)
            observation, reward, terminated, truncated, info = env.step(action)
            assert rollout["reward"][at] == reward and rollout["duration_s"][at] == info["duration_s"]
            assert np.array_equal(rollout.matrix("cost")[at], info["cost"])
            assert dict(zip(rollout.names("term"), rollout.matrix("term")[at])) == info["reward_terms"]
            ended = terminated or truncated
            assert rollout["status"][at] == ("truncated" if truncated else "running")
            assert (rollout["run"][at], rollout["episode"][at]) == (3, number)
            at += 1
        assert rollout["is_final"][at] and np.array_equal(rollout.matrix("obs")[at], observation)
        assert np.isnan(rollout.matrix("action")[at]).all() and np.isnan(rollout["reward"][at])
        at += 1
    assert at == len(rollout) == 2 * 5


def test_columns_have_their_types_and_one_length():
    env = short(VARIED)
    rollout = record(env, Random(env), seed=0)
    kinds = dict.fromkeys(COLUMNS, "float64") | dict.fromkeys(COLUMNS[:4], "uint64") | {"is_final": "bool"}
    for name, column in rollout.columns.items():
        assert column.shape == (len(rollout),) and column.flags.c_contiguous, name
        if name in ("status", "reason"):
            assert column.dtype.kind == "U", name
        elif name in kinds:
            assert column.dtype == kinds[name], name
        else:
            assert column.dtype == (np.float64 if name.startswith("param.") else np.float32), name
    assert rollout.names("obs") == [field["name"] for field in env.fields]
    assert rollout.names("action") == [dial["name"] for dial in env.dials]
    assert rollout.names("cost") == [cost["name"] for cost in lunar_habitat_rl.COSTS]
    assert set(rollout.names("param")) == {"stores.potable_kg", "zone.living.volume_m3"}
    for key in ("scenario", "scenario_hash", "task_hash", "reward", "weights", "version"):
        assert rollout.facts[key], key
    assert rollout.facts["task_hash"] == env.native.task_hash
    assert rollout.facts["unit:obs.air.pp_co2_pa_max"] == "Pa"


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
@pytest.mark.parametrize("scenario", [SHORT, VARIED, LOST])
def test_a_vector_records_what_single_environments_record(mode, scenario):
    vector = lanes(3, scenario, decision_s=21_600.0, base_env=10, autoreset_mode=mode, threads=2)
    whole = record(vector, answer, episodes=5, seed=8)
    parts = [
        record(short(scenario, env_id=10 + lane), answer, episodes=count, seed=8)
        for lane, count in enumerate((2, 2, 1))
    ]
    joined = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    assert whole.same_bits(Rollout(joined, parts[0].facts))


def test_a_file_reads_back_bit_for_bit(tmp_path):
    env = short(VARIED)
    rollout = record(env, Random(env), episodes=3, seed=1, facts={"policy": "random"})
    path = tmp_path / "x.parquet"
    rollout.to_parquet(path)
    assert read_parquet(path).same_bits(rollout) and read_parquet(str(path)).facts["policy"] == "random"
    assert os.listdir(tmp_path) == ["x.parquet"]


def test_every_bit_pattern_comes_back(tmp_path):
    env = short()
    rollout = record(env, Random(env), seed=1)
    odd = np.array([0x7FC00001, 0xFFFFFFFF, 0x80000000, 0x7F800000, 0x00000001], np.uint32).view(np.float32)
    changed = rollout.columns | {
        "obs.air.pp_co2_pa_max": odd,
        "t_s": np.array([np.nan, -0.0, np.inf, -np.inf, 5e-324]),
        "run": np.array([0, 1, 2**63, 2**64 - 1, 7], np.uint64),
        "reason": np.array(["", "oxygen", "", "é 雪", "x" * 300]),
        "my own": odd[::-1],
    }
    other = Rollout(changed, rollout.facts)
    other.to_parquet(tmp_path / "x.parquet")
    assert read_parquet(tmp_path / "x.parquet").same_bits(other)
    assert not other.same_bits(rollout)


def test_a_rollout_without_rows_is_a_file(tmp_path):
    env = short()
    rollout = record(env, Random(env), seed=1)
    empty = Rollout({name: column[:0] for name, column in rollout.columns.items()}, rollout.facts)
    empty.to_parquet(tmp_path / "x.parquet")
    back = read_parquet(tmp_path / "x.parquet")
    assert len(back) == 0 and list(back.columns) == list(empty.columns) and back.facts == empty.facts
    assert list(back.episodes()) == []


def test_episodes_are_arrays_for_learners():
    env = short(LOST)
    rollout = record(env, Random(env), episodes=2, seed=0)
    found = list(rollout.episodes())
    assert [one["episode"] for one in found] == [0, 1]
    for one in found:
        count = len(one["rewards"])
        assert one["observations"].shape == (count + 1, len(env.fields))
        assert one["actions"].shape == (count, len(env.dials))
        assert one["terminations"].tolist() == [False] * (count - 1) + [True]
        assert not one["truncations"].any()
        assert (one["status"], one["reason"]) == ("terminated", "potable_water")
        assert not np.isnan(one["costs"]).any() and one["rewards"][-1] < -9.0


def test_the_actions_in_a_file_play_the_episode_again(tmp_path):
    env = short(VARIED)
    record(env, Random(env), seed=11).to_parquet(tmp_path / "x.parquet")
    recorded = read_parquet(tmp_path / "x.parquet")
    actions = iter(recorded.matrix("action"))
    assert record(env, lambda _: next(actions), seed=11).same_bits(recorded)


def test_what_a_wrapper_cuts_off_is_neither_lost_nor_at_its_end():
    env = gymnasium.wrappers.TimeLimit(short(), max_episode_steps=2)
    rollout = record(env, Random(env), episodes=2, seed=0)
    assert rollout["is_final"].tolist() == [False, False, True] * 2
    assert set(rollout["status"]) == {"running"}


def test_registered_ids_and_wrappers_record_what_the_habitat_gets():
    env = gymnasium.make("LunarHabitat-v1", scenario=SHORT, decision_s=21_600.0)
    wrapped = gymnasium.wrappers.TransformAction(env, lambda action: 0.5 * action, env.action_space)
    one = record(wrapped, Random(env), seed=2)
    two = record(short(), Random(env), seed=2)
    halved = two.matrix("action")[:-1] * np.float32(0.5)
    assert np.array_equal(one.matrix("action")[:-1], halved)


def test_a_policy_that_fails_leaves_an_environment_that_works():
    env = short()

    def fails(_):
        raise KeyError("no idea")

    with pytest.raises(KeyError):
        record(env, fails, seed=0)
    assert env.native.recording_left() == 0
    assert len(record(env, lambda _: env.hold(), seed=0)) == 5


def test_bad_input_is_refused_in_a_sentence(tmp_path):
    env = short()
    with pytest.raises(TypeError, match="CartPole"):
        record(gymnasium.make("CartPole-v1"), lambda _: 0)
    for episodes in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="episodes"):
            record(env, Random(env), episodes=episodes)
    with pytest.raises(ValueError, match="'scenario' is there already"):
        record(env, Random(env), facts={"scenario": "x"})
    rollout = record(env, Random(env), seed=0)
    path = tmp_path / "x.parquet"
    for columns, error, words in (
        ({"n": np.arange(len(rollout))}, TypeError, "`n`.*uint64"),
        ({"n": np.zeros((len(rollout), 2))}, TypeError, "one dimension"),
        ({"n": np.zeros(2)}, ValueError, "`n` has 2 rows"),
    ):
        with pytest.raises(error, match=words):
            Rollout(rollout.columns | columns, rollout.facts).to_parquet(path)
    with pytest.raises(TypeError, match="fact 'n'"):
        Rollout(rollout.columns, {"n": 1}).to_parquet(path)
    assert os.listdir(tmp_path) == []


def test_a_file_of_arrow_is_written_whole_or_not_at_all(tmp_path):
    env = short()
    rollout = record(env, Random(env), seed=0)
    path = tmp_path / "x.arrow"
    rollout.to_arrow(path)
    whole = path.read_bytes()
    assert whole[:6] == whole[-6:] == b"ARROW1"
    with pytest.raises(ValueError, match="x.arrow"):
        read_parquet(path)
    with pytest.raises(TypeError, match="fact 'n'"):
        Rollout(rollout.columns, {"n": 1}).to_arrow(path)
    assert path.read_bytes() == whole and os.listdir(tmp_path) == ["x.arrow"]


def test_bad_files_are_refused_in_a_sentence(tmp_path):
    env = short()
    path = tmp_path / "x.parquet"
    with pytest.raises(OSError, match="x.parquet"):
        read_parquet(path)
    with pytest.raises(OSError, match="absent"):
        record(env, Random(env), seed=0).to_parquet(tmp_path / "absent" / "x.parquet")
    rollout = record(env, Random(env), seed=0)
    rollout.to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(ValueError, match="cannot be read"):
        read_parquet(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="no whole Parquet file"):
        read_parquet(path)
    without = {name: column for name, column in rollout.columns.items() if name != "status"}
    Rollout(without, rollout.facts).to_parquet(path)
    with pytest.raises(ValueError, match="no rollout: column `status` is missing"):
        read_parquet(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system limits no file sizes")
def test_an_older_file_outlives_a_write_that_the_system_refuses(tmp_path):
    path = tmp_path / "x.parquet"
    env = short()
    record(env, Random(env), seed=0).to_parquet(path)
    whole = path.read_bytes()
    code = (
        "import resource, sys; from lunar_habitat_rl import read_parquet; rollout = read_parquet(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, 4_096))\n"
        "try: rollout.to_parquet(sys.argv[1])\n"
        "except OSError as error: sys.exit('cannot write' not in str(error))\n"
        "sys.exit(2)"
    )
    assert subprocess.run([sys.executable, "-c", code, path]).returncode == 0
    assert path.read_bytes() == whole and os.listdir(tmp_path) == ["x.parquet"]


def test_nothing_but_numpy_and_gymnasium_is_needed():
    code = (
        "import sys, lunar_habitat_rl; "
        "sys.exit(any(name in sys.modules for name in ('pyarrow', 'pandas', 'polars')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
