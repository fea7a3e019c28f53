//! Commands on their way: dead time, then motion at a limited rate.
//!
//! How long each actuator takes is declared in [`crate::actuation`]. The channel of an actuator shows the command
//! in force at the moment, not the one on its way.
//!
//! # Equation
//! ```text
//! wait' = max(0, wait − dt)                       a new order starts with wait = dead time of its actuator
//! x'    = x + clamp(x_wanted − x, ±rate·max(0, dt − wait))       a set-point
//! x     = x_wanted once wait = 0                                 a mode
//! rate  = rate of the actuator; at a slow unit no more than (high − low)/3600 s
//! ```
//! Motion is linear, so where a set-point stands at the end of a step does not depend on how the time before
//! was cut into steps. The step itself runs with that end. It is cut where a mode switches.
//! # A second command
//! - It equals what is on its way: nothing changes, so a command can be repeated at every decision.
//! - It equals what is in force: the order is over, and the set-point stays where it is.
//! - It is another one: it takes the place of the first. The dead time goes on and does not start anew; an
//!   actuator that moves already turns at once.
//! # Fails how
//! A stuck unit takes no command: a new one is lost, and one on its way rests until the unit is mended. A slow one
//! moves its set-points at one range an hour; its modes switch like those of a sound one.
//! # Parameters
//! | what | value | unit | source |
//! |---|---|---|---|
//! | time in which a slow unit moves a set-point over its range | 3600 | s | assumed |
//! # Tests
//! `actuation` in this crate, `faults::a_stuck_unit_takes_no_command_and_a_slow_one_takes_its_time`.

use crate::channels::Actuator;
use crate::fault::Mode;
use crate::plan::Plan;
use crate::slots::state;
use crate::state::State;

/// Time in which a slow unit moves a set-point over its whole range, s. Assumed.
const SLOW_S: f64 = 3_600.0;
/// A wait this short is over, s.
const OVER_S: f64 = 1e-6;
/// A set-point this close has arrived, share of its range.
const CLOSE: f64 = 1e-12;

state! {
    /// A command that has not arrived yet.
    pub struct Order {
        /// What was commanded, in the unit of the actuator.
        pub wanted: f64,
        /// Still on its way.
        pub open: bool,
        /// Dead time that is left, s.
        pub wait_s: f64,
    }
}

impl Order {
    /// Nothing on its way.
    pub(crate) const NONE: Order = Order { wanted: 0.0, open: false, wait_s: 0.0 };
}

/// Whether the unit behind an actuator is in `mode`.
fn is_in(state: &State, actuator: &Actuator, mode: Mode) -> bool {
    actuator.unit.is_some_and(|unit| state.faults.units[unit].is(mode))
}

/// Fastest change of a set-point now, in its unit per second.
fn rate_per_s(state: &State, actuator: &Actuator) -> f64 {
    if !actuator.is_mode && is_in(state, actuator, Mode::Slow) {
        actuator.rate_per_s.min((actuator.high - actuator.low) / SLOW_S)
    } else {
        actuator.rate_per_s
    }
}

/// What is in force at an actuator.
fn in_force(plan: &Plan, state: &State, actuator: &Actuator) -> f64 {
    plan.bindings[actuator.channel].value(plan, state)
}

/// What the actuator number `index` is to come to: the order on its way, else what is in force.
pub(crate) fn ordered(plan: &Plan, state: &State, index: usize) -> f64 {
    let order = &state.orders[index];
    if order.open { order.wanted } else { in_force(plan, state, &plan.actuators[index]) }
}

/// Give the actuator number `index` the command `value`, which lies within its range.
pub(crate) fn give(plan: &Plan, state: &mut State, index: usize, value: f64) {
    let actuator = &plan.actuators[index];
    if is_in(state, actuator, Mode::Stuck) {
        return;
    }
    let value = if actuator.is_mode { f64::from(u8::from(value > 0.5)) } else { value };
    if actuator.dead_s <= 0.0 && rate_per_s(state, actuator).is_infinite() {
        (actuator.write)(state, actuator.index, value);
        return;
    }
    if value == in_force(plan, state, actuator) {
        close(state, index);
        return;
    }
    let order = &mut state.orders[index];
    order.wanted = value;
    if !order.open {
        (order.open, order.wait_s) = (true, actuator.dead_s);
        state.orders_open += 1;
    }
}

/// The order number `index` is over.
fn close(state: &mut State, index: usize) {
    if state.orders[index].open {
        state.orders[index] = Order::NONE;
        state.orders_open = state.orders_open.saturating_sub(1);
    }
}

/// Call `act` with every open order of a unit that is not stuck, in the order of the actuators.
#[inline]
fn for_open(plan: &Plan, state: &mut State, mut act: impl FnMut(&mut State, usize, &Actuator)) {
    let mut left = state.orders_open;
    for (index, actuator) in plan.actuators.iter().enumerate() {
        if left == 0 {
            return;
        }
        if state.orders[index].open {
            left -= 1;
            if !is_in(state, actuator, Mode::Stuck) {
                act(state, index, actuator);
            }
        }
    }
}

/// Time to the next switch of a mode, s; infinite if none is on its way.
#[inline]
pub(crate) fn next_switch_s(plan: &Plan, state: &State) -> f64 {
    if state.orders_open == 0 {
        return f64::INFINITY;
    }
    let orders = state.orders.iter().zip(&plan.actuators);
    let waiting = orders.filter(|(order, actuator)| {
        order.open
            && order.wait_s > OVER_S
            && actuator.rate_per_s.is_infinite()
            && !is_in(state, actuator, Mode::Stuck)
    });
    waiting.map(|(order, _)| order.wait_s).fold(f64::INFINITY, f64::min)
}

/// Let `dt_s` pass for all that is on its way: dead times run, set-points move. Modes wait for [`switch`].
#[inline]
pub(crate) fn carry(plan: &Plan, state: &mut State, dt_s: f64) {
    for_open(plan, state, |state, index, actuator| {
        let Order { wanted, wait_s, .. } = state.orders[index];
        let moves_s = (dt_s - wait_s).max(0.0);
        let left_s = wait_s - dt_s;
        state.orders[index].wait_s = if left_s > OVER_S { left_s } else { 0.0 };
        let rate_per_s = rate_per_s(state, actuator);
        if rate_per_s.is_infinite() || moves_s <= 0.0 {
            return;
        }
        let now = in_force(plan, state, actuator);
        let most = rate_per_s * moves_s;
        if (wanted - now).abs() <= most + CLOSE * (actuator.high - actuator.low) {
            (actuator.write)(state, actuator.index, wanted);
            close(state, index);
        } else {
            (actuator.write)(state, actuator.index, now + most.copysign(wanted - now));
        }
    });
}

/// Switch the modes whose dead time is over.
#[inline]
pub(crate) fn switch(plan: &Plan, state: &mut State) {
    for_open(plan, state, |state, index, actuator| {
        let Order { wanted, wait_s, .. } = state.orders[index];
        if actuator.rate_per_s.is_infinite() && wait_s <= OVER_S {
            (actuator.write)(state, actuator.index, wanted);
            close(state, index);
        }
    });
}
