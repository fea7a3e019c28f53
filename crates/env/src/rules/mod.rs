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
//! | repair | spares go to units that are presumed to have stopped, not to those that do half |
//! | instruments | those that are silent, stuck or far from the others are not believed and calibrated |
//! | power | in darkness every load that may be shed is, and the fuel cell carries the rest |
//!
//! | file | noun |
//! |---|---|
//! | `settings` | every threshold |
//! | `instruments` | what is believed of the readings |
//! | `diagnosis` | what is presumed about units |
//! | `air`, `oxygen`, `water`, `power`, `regulator`, `repair` | the rules |
//! | `supervised` | which thresholds are set from outside, by `mpc` or a policy |
//! | `memory` | what is remembered from decision to decision |
//!
//! The rules know what instruments show and what is commanded, and nothing of true values. Where there is
//! no estimate of a reading, a rule takes those of the other zones; where none is left, it commands nothing
//! and the last command stands.

mod air;
mod diagnosis;
mod instruments;
mod memory;
mod oxygen;
mod power;
mod regulator;
mod repair;
mod settings;
pub(crate) mod supervised;
mod water;

use habitat::Habitat;

use crate::wiring::{Handle, Wiring};
use crate::{Command, Controller};
pub use diagnosis::Presumed;
use memory::Remembered;
pub use settings::{BOUNDS, Bound, RulesSettings};

/// The controller `rules`.
#[derive(Debug, Clone)]
pub struct Rules {
    settings: RulesSettings,
    instruments: instruments::Instruments,
    diagnosis: diagnosis::Diagnosis,
    oxygen: oxygen::Oxygen,
    air: air::Air,
    water: water::Water,
    power: power::Power,
    regulator: regulator::Regulator,
    repair: repair::Repair,
    last_s: Option<f64>,
}

impl Rules {
    /// Rules for `habitat`; the set-points it has now are the ones to keep.
    #[must_use]
    pub fn new(habitat: &Habitat) -> Rules {
        Rules::with_settings(habitat, RulesSettings::default())
    }

    /// Rules with thresholds other than the defaults.
    #[must_use]
    pub fn with_settings(habitat: &Habitat, settings: RulesSettings) -> Rules {
        let wiring = Wiring::new(habitat);
        Rules {
            instruments: instruments::Instruments::new(&wiring),
            diagnosis: diagnosis::Diagnosis::new(&wiring),
            oxygen: oxygen::Oxygen::new(&wiring, habitat, &settings),
            air: air::Air::new(&wiring),
            water: water::Water::new(&wiring, habitat),
            power: power::Power::new(&wiring),
            regulator: regulator::Regulator::new(&wiring),
            repair: repair::Repair::new(&wiring, habitat),
            last_s: None,
            settings,
        }
    }

    /// The same for readings that do not err ([`Habitat::read_true`]): nothing in them is taken for a fault.
    #[must_use]
    pub fn trusting(mut self) -> Rules {
        self.instruments.trust();
        self
    }

    /// The thresholds.
    #[must_use]
    pub fn settings(&self) -> &RulesSettings {
        &self.settings
    }

    /// Go on with other thresholds; what is believed and presumed so far stays.
    pub fn set_settings(&mut self, settings: RulesSettings) {
        self.settings = settings;
    }

    /// What is presumed about the unit with this name (`zone.unit`) since the last decision; `None` for a
    /// unit that cannot fail.
    #[must_use]
    pub fn presumed(&self, unit: &str) -> Option<Presumed> {
        self.diagnosis.presumed(unit)
    }
}

impl Controller for Rules {
    fn name(&self) -> &'static str {
        "rules"
    }

    fn decide(&mut self, readings: &[f64], t_s: f64, commands: &mut Vec<Command>) {
        let from = commands.len();
        let urgent = self.think(readings, t_s, commands);
        self.diagnosis.remember(self.instruments.estimates(), &commands[from..]);
        self.instruments.calibrate(readings, t_s, &self.settings, urgent, commands);
    }
}

/// What [`crate::Shield`] and [`crate::Estimator`] need of rules that listen while somebody else acts.
impl Rules {
    /// Take in readings and append what it would command but calibration; whether it acts is up to the caller, who says so
    /// by [`Rules::overruled`] or [`Rules::obeyed`]. Returns whether a vital unit that is presumed broken can be mended.
    pub(crate) fn think(
        &mut self,
        readings: &[f64],
        t_s: f64,
        commands: &mut Vec<Command>,
    ) -> bool {
        // Time since the last decision; nothing is known about it at the first.
        let since_s = self.last_s.map_or(0.0, |last_s| (t_s - last_s).max(0.0));
        self.last_s = Some(t_s);
        let settings = self.settings;
        self.instruments.read(readings, t_s, &settings);
        let seen = self.instruments.estimates();
        self.diagnosis.look(seen, t_s, &settings);
        let saving = self.power.decide(seen, &settings, commands);
        self.regulator.decide(&settings, commands);
        self.oxygen.decide(seen, since_s, saving, &settings, commands);
        self.air.decide(seen, since_s, &settings, commands);
        self.water.decide(seen, &settings, commands);
        self.repair.decide(&self.diagnosis, seen, &settings, commands)
    }

    /// Somebody else commanded `given` after the last thought.
    pub(crate) fn overruled(&mut self, given: &[Command]) {
        self.diagnosis.remember(self.instruments.estimates(), given);
    }

    /// What it thought of last is commanded: append the calibrations that it asks for.
    pub(crate) fn obeyed(
        &mut self,
        readings: &[f64],
        t_s: f64,
        urgent: bool,
        commands: &mut Vec<Command>,
    ) {
        self.diagnosis.remember(self.instruments.estimates(), commands);
        self.instruments.calibrate(readings, t_s, &self.settings, urgent, commands);
    }

    /// What is believed of every channel, in the order of the catalogue; not a number where nothing is.
    pub(crate) fn believed(&self) -> &[f64] {
        self.instruments.estimates()
    }

    /// What is presumed of every unit that can fail, in the order of the plan.
    pub(crate) fn presumptions(&self) -> impl Iterator<Item = Presumed> + '_ {
        self.diagnosis.all().map(|(_, _, presumed)| presumed)
    }
}

impl Remembered for Rules {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let Rules {
            // Set from outside.
            settings: _,
            instruments,
            diagnosis,
            oxygen,
            air,
            water,
            power,
            regulator,
            // It decides by what is seen and presumed alone.
            repair: _,
            last_s,
        } = self;
        instruments.recall(word);
        diagnosis.recall(word);
        oxygen.recall(word);
        air.recall(word);
        water.recall(word);
        power.recall(word);
        regulator.recall(word);
        last_s.recall(word);
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

impl Remembered for Latch {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        self.on.recall(word);
    }
}

fn switch(handles: &[Handle], on: bool, commands: &mut Vec<Command>) {
    for handle in handles {
        commands.push(Command { actuator: handle.actuator, value: f64::from(u8::from(on)) });
    }
}
