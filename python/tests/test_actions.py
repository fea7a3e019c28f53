"""Whatever an array looks like inside, it means its values or is refused: never something else."""

import numpy as np
import pytest
from conftest import actions_of, lanes

from lunar_habitat_rl import HabitatEnv


def outcome(action, **options):
    """What three lanes see after one step with ``action``."""
    env = lanes(3, "cabin-30d", decision_s=600.0, **options)
    env.reset(seed=4)
    observations, rewards, _, _, infos = env.step(action)
    return observations, rewards, infos["cost"]


@pytest.fixture
def action():
    return actions_of(lanes(3, "cabin-30d"), 1)[0]


def same(left, right):
    return all(np.array_equal(a, b) for a, b in zip(left, right))


def test_fortran_order_means_the_same_lanes_and_dials(action):
    fortran = np.asfortranarray(action)
    assert not fortran.flags.c_contiguous
    assert same(outcome(fortran), outcome(action))
    assert not same(outcome(action[::-1]), outcome(action)), "the lanes differ, so a mix-up would show"


def test_gaps_and_negative_strides_mean_the_same_values(action):
    wide = np.zeros((3, 2 * action.shape[1]), np.float32)
    wide[:, ::2] = action
    assert same(outcome(wide[:, ::2]), outcome(action))
    assert same(outcome(action[::-1].copy()[::-1]), outcome(action))


def test_double_precision_lists_and_whole_numbers_are_rounded_to_single(action):
    assert same(outcome(action.astype(np.float64)), outcome(action))
    assert same(outcome(action.tolist()), outcome(action))
    assert same(outcome(np.ones(action.shape, np.int64)), outcome(np.ones_like(action)))
    swapped = action.astype(action.dtype.newbyteorder())
    assert same(outcome(swapped), outcome(action))


def test_the_module_below_refuses_what_is_not_float32_in_c_order(action):
    native = lanes(3, "cabin-30d").native
    with pytest.raises(ValueError, match="C order"):
        native.step(np.asfortranarray(action))
    with pytest.raises(ValueError, match="C order"):
        native.step(np.repeat(action, 2, axis=1)[:, ::2])
    for wrong in (action.astype(np.float64), action[0], action.tolist(), None):
        with pytest.raises(TypeError, match="float32 with shape"):
            native.step(wrong)
    with pytest.raises(ValueError, match="shape"):
        native.step(action[:2].copy())


@pytest.mark.parametrize("kind", [bool, complex, str, object])
def test_what_is_no_real_number_is_refused(action, kind):
    env = lanes(3, "cabin-30d")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="dtype"):
        env.step(action.astype(kind))


def test_a_masked_array_is_refused(action):
    env = lanes(3, "cabin-30d")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="masked"):
        env.step(np.ma.array(action, mask=action > 0.5))


def test_another_shape_is_refused_and_nothing_moves(action):
    env = lanes(3, "cabin-30d")
    env.reset(seed=0)
    before = env.snapshot(0)
    for wrong in (action[0], action[:2], action.T, action[..., None]):
        with pytest.raises(ValueError, match="shape"):
            env.step(wrong)
    assert env.snapshot(0) == before


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_entry_that_is_not_finite_is_refused_by_name_and_nothing_moves(env, bad):
    env.reset(seed=0)
    before = env.snapshot()
    action = env.hold()
    action[0] = bad
    with pytest.raises(ValueError, match=env.dials[0]["name"]):
        env.step(action)
    assert env.snapshot() == before


def test_a_double_that_single_precision_cannot_hold_is_not_taken_for_one(env):
    env.reset(seed=0)
    action = env.hold().astype(np.float64)
    action[0] = 1e300
    with pytest.raises(ValueError, match="inf"):
        env.step(action)


def after(value, **options):
    env = HabitatEnv("cabin-30d", **options)
    env.reset(seed=0)
    action = env.hold()
    action[0] = value
    env.step(action)
    return env.snapshot()


def test_clipping_takes_infinities_for_ends_and_no_number_for_holding():
    held = HabitatEnv("cabin-30d")
    held.reset(seed=0)
    held.step(held.hold())
    assert after(np.nan, on_bad_action="clip") == held.snapshot()
    assert after(np.inf, on_bad_action="clip") == after(1.0)
    assert after(-np.inf, on_bad_action="clip") == after(-1.0)


def test_finite_entries_beyond_the_ends_count_as_the_ends():
    assert after(7.0) == after(1.0) != after(-1.0) == after(-7.0)


def test_actions_that_are_handed_over_are_not_written_to(action):
    before = action.copy()
    outcome(action)
    assert np.array_equal(action, before)
