//! A cabin kept by simple rules.
//!
//! | what | rule |
//! |---|---|
//! | oxygen | generators make what the crew uses, learnt from the slow trend, corrected in proportion to the distance from the regulator's set-point; less when the air burns too well |
//! | oxygen, last resort | candles when inspired O2 is low and neither tank nor generator gives |
//! | pressure | the regulators' set-points stay |
//! | CO2 | removal always on, off only in air without CO2; lithium hydroxide when CO2 is high |
//! | temperature, humidity | the set-point of the condensing heat exchangers is trimmed slowly |
//! | water | processors run unless the tank they fill is full; brine rests in humid air |
//! | repair | spares go to units that have stopped, not to those that do half |
//! | power | in darkness every load that may be shed is, and the fuel cell carries the rest |
//!
//! Every rule acts on what it can read. Where a reading is not a number, the rule takes the readings
//! of the other zones; where none is left, it commands nothing and the last command stands.

mod air;
mod oxygen;
mod power;
mod repair;
mod water;

use habitat::Habitat;

use crate::wiring::{Handle, Wiring};
use crate::{Command, Controller};

/// The controller `rules`.
#[derive(Debug, Clone)]
pub struct Rules {
    oxygen: oxygen::Oxygen,
    air: air::Air,
    water: water::Water,
    power: power::Power,
    repair: repair::Repair,
    last_s: Option<f64>,
}

impl Rules {
    /// Rules for `habitat`; the set-points it has now are the ones to keep.
    #[must_use]
    pub fn new(habitat: &Habitat) -> Rules {
        let wiring = Wiring::new(habitat);
        Rules {
            oxygen: oxygen::Oxygen::new(&wiring, habitat),
            air: air::Air::new(&wiring),
            water: water::Water::new(&wiring, habitat),
            power: power::Power::new(&wiring),
            repair: repair::Repair::new(&wiring),
            last_s: None,
        }
    }
}

impl Controller for Rules {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn decide(&mut self, readings: &[f64], t_s: f64, commands: &mut Vec<Command>) {
        // Time since the last decision; nothing is known about it at the first.
        let since_s = self.last_s.map_or(0.0, |last_s| (t_s - last_s).max(0.0));
        self.last_s = Some(t_s);
        self.oxygen.decide(readings, since_s, commands);
        self.air.decide(readings, since_s, commands);
        self.water.decide(readings, commands);
        self.power.decide(readings, commands);
        self.repair.decide(readings, commands);
    }
}

/// A mode that goes on at one threshold and off at another, and stays in between.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Latch {
    on: bool,
}

impl Latch {
    /// Decide; where both are asked for, `off` wins.
    fn set(&mut self, on: bool, off: bool) -> bool {
        self.on = (self.on || on) && !off;
        self.on
    }
}

fn switch(handles: &[Handle], on: bool, commands: &mut Vec<Command>) {
    for handle in handles {
        commands.push(Command { actuator: handle.actuator, value: f64::from(u8::from(on)) });
    }
}
