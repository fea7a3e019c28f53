"""A recording is a set of data of Minari, and back, to the bit."""

import subprocess
import sys

import numpy as np
import pytest

from lunar_habitat_rl import HabitatEnv, Rollout, from_minari, read_parquet, record, to_minari

minari = pytest.importorskip("minari")
# What it stands on beside its formats, and does not ask for by itself.
pytest.importorskip("PIL")
# It warns of every thing that nobody tells of a set of data.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:minari")

SHORT = 'schema = 1\nname = "short"\ntitle = "A day"\nextends = "cabin-30d"\nduration_days = 1.0\n'
VARIED = SHORT.replace("short", "varied") + '[[vary]]\nkey = "stores.potable_kg"\nlow = 200.0\nhigh = 300.0\n'
LOST = SHORT.replace("short", "lost") + "[stores]\npotable_kg = 5.0\n"
FORMATS = ["hdf5", "arrow"]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Sets of data in a folder of the test."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "datasets"))


def needs(data_format):
    pytest.importorskip({"hdf5": "h5py", "arrow": "pyarrow"}[data_format])


def recorded(scenario=VARIED, episodes=3, **options):
    env = HabitatEnv(scenario, decision_s=21_600.0, **options)
    env.action_space.seed(0)
    return record(env, lambda _: env.action_space.sample(), episodes=episodes, seed=4, facts={"policy": "random"})


@pytest.mark.parametrize("data_format", FORMATS)
@pytest.mark.parametrize("scenario", [VARIED, LOST])
def test_a_file_goes_to_minari_and_back_to_the_bit(tmp_path, scenario, data_format):
    needs(data_format)
    rollout = recorded(scenario)
    rollout.to_parquet(tmp_path / "a.parquet")
    to_minari(tmp_path / "a.parquet", "lunar-habitat/random-v0", data_format=data_format, algorithm_name="random")
    back = from_minari("lunar-habitat/random-v0", tmp_path / "b.parquet")
    assert back.same_bits(rollout)
    assert read_parquet(tmp_path / "b.parquet").same_bits(rollout)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize("data_format", FORMATS)
def test_minari_shows_what_was_recorded(data_format):
    needs(data_format)
    rollout = recorded(LOST, episodes=2)
    dataset = minari.load_dataset(to_minari(rollout, "lunar-habitat/lost-v0", data_format=data_format).id)
    episodes = list(rollout.episodes())
    assert dataset.total_episodes == len(episodes) == 2
    assert dataset.total_steps == sum(len(one["rewards"]) for one in episodes)
    assert dataset.observation_space.shape == (len(rollout.names("obs")),)
    for theirs, ours in zip(dataset.iterate_episodes(), episodes, strict=True):
        for name in ("observations", "actions", "rewards", "terminations", "truncations"):
            column = np.asarray(getattr(theirs, name))
            assert column.dtype == ours[name].dtype and column.tobytes() == ours[name].tobytes(), name
        assert theirs.terminations[-1] and not theirs.truncations.any()
        for at, name in enumerate(rollout.names("cost")):
            cost = np.asarray(theirs.infos[f"cost.{name}"]).ravel()
            assert np.isnan(cost[0]) and np.array_equal(cost[1:], ours["costs"][:, at])
        assert len({len(column) for column in theirs.infos.values()}) == 1


def test_every_bit_pattern_comes_back():
    needs("hdf5")
    rollout = recorded(SHORT, episodes=1)
    odd = np.array([0x7FC00001, 0xFFFFFFFF, 0x80000000, 0x7F800000, 0x00000001], np.uint32).view(np.float32)
    changed = rollout.columns | {
        "obs.air.pp_co2_pa_max": odd,
        "run": np.array([2**63, 2**63, 2**64 - 1, 0, 7], np.uint64),
        "my own": odd[::-1],
        "words": np.array(["", "é 雪", "x" * 300, "", "a"]),
    }
    other = Rollout(changed, rollout.facts)
    assert from_minari(to_minari(other, "odd-v0")).same_bits(other)


def test_what_the_command_line_keeps_of_a_shield_comes_back(tmp_path):
    needs("hdf5")
    env = HabitatEnv(SHORT, decision_s=21_600.0, shield=True)
    rollout = record(env, lambda _: np.full(env.action_space.shape, -1, np.float32), episodes=2, seed=0)
    assert "shield.limit" in rollout.columns
    assert from_minari(to_minari(rollout, "shielded-v0")).same_bits(rollout)


def of_another(dataset_id, actions, action_space):
    """A set of data that somebody else made: two episodes of three and four steps."""
    from gymnasium.spaces import Box
    from minari.data_collector.episode_buffer import EpisodeBuffer

    generator = np.random.default_rng(3)
    buffers = [
        EpisodeBuffer(
            observations=generator.normal(size=(count + 1, 2)),
            actions=actions[:count],
            rewards=list(generator.normal(size=count)),
            terminations=[False] * count,
            truncations=[False] * (count - 1) + [True],
        )
        for count in (3, 4)
    ]
    space = Box(-np.inf, np.inf, (2,), np.float64)
    return minari.create_dataset_from_buffers(dataset_id, buffers, observation_space=space, action_space=action_space)


def test_sets_of_data_of_others_are_read_too(tmp_path):
    needs("hdf5")
    from gymnasium.spaces import Box

    actions = np.linspace(-2, 2, 12, dtype=np.float32).reshape(4, 3)
    dataset = of_another("others/walk-v0", actions, Box(-2, 2, (3,), np.float32))
    rollout = from_minari("others/walk-v0", tmp_path / "x.parquet")
    assert read_parquet(tmp_path / "x.parquet").same_bits(rollout)
    assert list(rollout.names("action")) == ["0", "1", "2"] and len(rollout) == 4 + 5
    for ours, theirs in zip(rollout.episodes(), dataset.iterate_episodes(), strict=True):
        assert np.array_equal(ours["observations"], theirs.observations.astype(np.float32))
        assert np.array_equal(ours["actions"], theirs.actions)
        assert np.array_equal(ours["rewards"], theirs.rewards) and ours["status"] == "truncated"
        assert ours["episode"] == theirs.id


def test_bad_input_is_refused_in_a_sentence(tmp_path):
    needs("hdf5")
    from gymnasium.spaces import Discrete

    rollout = recorded(SHORT, episodes=1)
    cut = Rollout({name: column[:-1] for name, column in rollout.columns.items()}, rollout.facts)
    with pytest.raises(ValueError, match="whole episodes"):
        to_minari(cut, "cut-v0")
    with pytest.raises(ValueError, match="without '/'"):
        to_minari(Rollout(rollout.columns | {"a/b": rollout["t_s"]}, {}), "slash-v0")
    to_minari(rollout, "there-v0")
    with pytest.raises(ValueError, match="'there-v0' is there already"):
        to_minari(rollout, "there-v0")
    with pytest.raises(OSError, match="absent"):
        to_minari(tmp_path / "absent.parquet", "absent-v0")
    choices = of_another("choices-v0", np.zeros(4, np.int64), Discrete(2))
    with pytest.raises(TypeError, match="actions of dataset 'choices-v0'"):
        from_minari(choices)
    assert sorted(minari.list_local_datasets()) == ["choices-v0", "there-v0"]


@pytest.mark.parametrize("part", ["update_episodes", "update_metadata"])
@pytest.mark.parametrize("data_format", FORMATS)
def test_of_what_fails_nothing_is_left(tmp_path, monkeypatch, data_format, part):
    needs(data_format)
    rollout = recorded(SHORT, episodes=2)
    storage = type(to_minari(rollout, "lunar-habitat/first-v0", data_format=data_format).storage)
    write = getattr(storage, part)

    def full(self, what):
        write(self, what)
        if part == "update_episodes" or "lunar_habitat_rollout" in what:
            raise OSError("the disk is full")

    monkeypatch.setattr(storage, part, full)
    with pytest.raises(OSError, match="the disk is full"):
        to_minari(rollout, "lunar-habitat/second-v0", data_format=data_format)
    datasets = tmp_path / "datasets" / "lunar-habitat"
    assert (datasets / "first-v0").is_dir() and not (datasets / "second-v0").exists()
    monkeypatch.undo()
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "datasets"))
    assert from_minari(to_minari(rollout, "lunar-habitat/second-v0", data_format=data_format)).same_bits(rollout)
    # What somebody else keeps under a name is not touched.
    (datasets / "mine-v0").mkdir()
    (datasets / "mine-v0" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is there already"):
        to_minari(rollout, "lunar-habitat/mine-v0", data_format=data_format)
    assert (datasets / "mine-v0" / "notes.txt").read_text() == "mine"


def test_minari_is_loaded_by_whoever_asks_for_it():
    code = "import sys, lunar_habitat_rl; sys.exit('minari' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
