"""Others read our files, and we read what they write of them."""

import numpy as np
import pytest

from lunar_habitat_rl import HabitatEnv, Rollout, read_parquet, record

VARIED = (
    'schema = 1\nname = "varied"\ntitle = "A day"\nextends = "cabin-30d"\nduration_days = 1.0\n'
    '[[vary]]\nkey = "stores.potable_kg"\nlow = 200.0\nhigh = 300.0\n'
)


@pytest.fixture(scope="module")
def rollout():
    env = HabitatEnv(VARIED, decision_s=21_600.0)
    env.action_space.seed(0)
    return record(env, lambda _: env.action_space.sample(), episodes=3, seed=0)


@pytest.fixture
def path(rollout, tmp_path):
    path = tmp_path / "x.parquet"
    rollout.to_parquet(path)
    return path


def same(column, ours):
    """Whether a column of another library holds our bits."""
    theirs = np.asarray(column)
    if ours.dtype.kind == "U":
        return theirs.astype(str).tolist() == ours.tolist()
    return theirs.dtype == ours.dtype and theirs.tobytes() == ours.tobytes()


@pytest.fixture
def arrow(rollout, tmp_path):
    path = tmp_path / "x.arrow"
    rollout.to_arrow(path)
    return path


def chosen(rollout, rows):
    return Rollout({name: column[rows] for name, column in rollout.columns.items()}, rollout.facts)


def check_back(path, rollout, rows):
    """Read what another library wrote of some rows."""
    back, wanted = read_parquet(path), chosen(rollout, rows)
    assert list(back.columns) == list(wanted.columns)
    assert Rollout(back.columns, {}).same_bits(Rollout(wanted.columns, {}))


def test_pyarrow_reads_and_writes(rollout, path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(path)
    assert table.column_names == list(rollout.columns)
    for name, ours in rollout.columns.items():
        assert same(table[name].to_numpy(), ours), name
    facts = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert facts.items() >= rollout.facts.items()
    # A column with dots in its name is found by it.
    assert parquet.read_table(path, columns=["obs.air.pp_co2_pa_max"]).num_columns == 1
    rows = np.flatnonzero(rollout["episode"] == 1)
    parquet.write_table(table.take(rows), path)
    check_back(path, rollout, rows)


def test_pandas_reads_and_writes(rollout, path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.read_parquet(path)
    for name, ours in rollout.columns.items():
        assert same(frame[name].to_numpy(), ours), name
    returns = frame.groupby(["env_id", "episode"])["reward"].sum()
    assert len(returns) == 3
    for at, one in enumerate(rollout.episodes()):
        assert returns.iloc[at] == pytest.approx(one["rewards"].sum())
    frame[frame["episode"] == 2].to_parquet(path, index=False)
    check_back(path, rollout, np.flatnonzero(rollout["episode"] == 2))


def test_polars_reads_and_writes(rollout, path):
    polars = pytest.importorskip("polars")
    frame = polars.read_parquet(path)
    assert frame.columns == list(rollout.columns)
    for name, ours in rollout.columns.items():
        assert same(frame[name].to_numpy(), ours), name
    after = frame.with_columns(polars.col("obs.clock.elapsed").shift(-1).alias("next")).filter(~polars.col("is_final"))
    assert not after["next"].is_nan().any() and after["next"].null_count() == 0
    frame.filter(~polars.col("is_final")).write_parquet(path)
    check_back(path, rollout, np.flatnonzero(~rollout["is_final"]))


def test_pyarrow_maps_a_file_of_arrow(rollout, arrow):
    pyarrow = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    many = Rollout({name: np.tile(column, 5_000) for name, column in rollout.columns.items()}, {})
    many.to_arrow(arrow.with_name("many.arrow"))
    before = pyarrow.total_allocated_bytes()
    with pyarrow.memory_map(str(arrow.with_name("many.arrow"))) as source:
        batches = pyarrow.ipc.open_file(source)
        assert batches.num_record_batches == 3 and batches.read_all().num_rows == len(many) == 75_000
        # Mapped, not copied: nothing of it is in the memory of Arrow.
        assert pyarrow.total_allocated_bytes() - before < arrow.with_name("many.arrow").stat().st_size / 100
    with pyarrow.memory_map(str(arrow)) as source:
        table = pyarrow.ipc.open_file(source).read_all()
        assert table.column_names == list(rollout.columns)
        for name, ours in rollout.columns.items():
            assert same(table[name].to_numpy(), ours), name
        facts = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        assert facts == rollout.facts
        assert not any(field.nullable for field in table.schema)
    assert feather.read_table(arrow, columns=["obs.air.pp_co2_pa_max"]).num_columns == 1


def test_pandas_reads_a_file_of_arrow(rollout, arrow):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pandas.read_feather(arrow)
    assert list(frame.columns) == list(rollout.columns)
    for name, ours in rollout.columns.items():
        assert same(frame[name].to_numpy(), ours), name


def test_polars_reads_a_file_of_arrow(rollout, arrow):
    polars = pytest.importorskip("polars")
    for frame in (polars.read_ipc(arrow), polars.scan_ipc(arrow).collect()):
        assert frame.columns == list(rollout.columns)
        for name, ours in rollout.columns.items():
            assert same(frame[name].to_numpy(), ours), name
