//! Commands on their way to a unit that is slow to take them.
//!
//! A command to a sound unit acts at once. A stuck unit takes none: the command is lost, and the channel
//! shows what is in force. At a slow one the set-point moves towards the command at one range an hour;
//! modes switch at once.
//!
//! # Equation
//! ```text
//! x' = x + clamp(x_wanted − x, ±(high − low)·dt/3600 s)
//! ```
//! The rate is assumed.

use crate::channels::Actuator;
use crate::fault::Mode;
use crate::plan::Plan;
use crate::slots::state;
use crate::state::State;

/// Time in which a slow unit moves a set-point over its whole range, s. Assumed.
const SLOW_S: f64 = 3_600.0;

state! {
    /// A command that has not arrived yet.
    pub struct Order {
        /// What was commanded, in the unit of the actuator.
        pub wanted: f64,
        /// Still on its way.
        pub open: bool,
    }
}

/// Whether the unit behind an actuator is in `mode`.
fn is_in(state: &State, actuator: &Actuator, mode: Mode) -> bool {
    actuator.unit.is_some_and(|unit| state.faults.units[unit].is(mode))
}

/// Give the actuator number `index` the command `value`, which lies within its range.
pub(crate) fn give(plan: &Plan, state: &mut State, index: usize, value: f64) {
    let actuator = &plan.actuators[index];
    if is_in(state, actuator, Mode::Stuck) {
        return;
    }
    let slow = !actuator.is_mode && is_in(state, actuator, Mode::Slow);
    state.orders[index].open = slow;
    if slow {
        state.orders[index].wanted = value;
    } else {
        (actuator.write)(state, actuator.index, value);
    }
}

/// Move what is on its way by `dt_s`; what has arrived, or whose unit is no longer slow, is closed.
pub(crate) fn carry(plan: &Plan, state: &mut State, dt_s: f64) {
    for (index, actuator) in plan.actuators.iter().enumerate() {
        if !state.orders[index].open || is_in(state, actuator, Mode::Stuck) {
            continue;
        }
        let wanted = state.orders[index].wanted;
        let now = plan.bindings[actuator.channel].value(plan, state);
        let most = if is_in(state, actuator, Mode::Slow) {
            (actuator.high - actuator.low) * dt_s / SLOW_S
        } else {
            f64::INFINITY
        };
        let next = now + (wanted - now).clamp(-most, most);
        (actuator.write)(state, actuator.index, next);
        if (next - wanted).abs() <= 1e-12 * (actuator.high - actuator.low) {
            state.orders[index].open = false;
        }
    }
}
