//! Faults at random: kinds in turn, units and times by chance.

use std::collections::BTreeMap;
use std::sync::Arc;

use habitat::fault::{Kind, Mode};
use habitat::scenario::{FaultEvent, FaultMode, SensorEvent, SensorMode};
use habitat::sensor::Class;
use habitat::stream::{Purpose, StreamKey};
use habitat::{Habitat, Plan};

use super::flight::Event;

/// Hours between which a fault comes: late enough that there is a past, early enough that a day is left of thirty.
const HOURS: (f64, f64) = (60.0, 690.0);
/// How often a kind of fault is tried that no instrument has shown yet.
const TRIES: usize = 3;
/// One fault in this many is one of an instrument.
const INSTRUMENTS: usize = 5;
/// Offset of an instrument that jumps, in biases of its class, as the habitat draws it (`habitat::sensor`).
const JUMP: f64 = 10.0;

/// A fault to be flown.
#[derive(Debug, Clone)]
pub struct Draw {
    /// What happens.
    pub event: Event,
    /// Kind and mode in words: `cdra failed`, `instrument stuck`.
    pub kind: String,
    /// The unit that fails, or the owner of the instrument.
    pub unit: String,
    /// Seed of its mission.
    pub seed: u64,
}

/// Draws faults one after the other, and learns which kinds are shown.
pub struct Drawing {
    plan: Arc<Plan>,
    /// At the start: sizes of what is measured.
    start: Habitat,
    key: StreamKey,
    kinds: Vec<(Kind, Mode)>,
    count: u64,
    turn: usize,
    turns: usize,
    /// Per kind in words: how often flown and how often shown.
    pub seen: BTreeMap<String, (usize, usize)>,
}

impl Drawing {
    /// Faults of `plan`; `seed` says which.
    pub fn new(plan: &Arc<Plan>, seed: u64) -> Drawing {
        let mut kinds: Vec<(Kind, Mode)> = Vec::new();
        for unit in &plan.faults.units {
            for (mode, _) in unit.kind.modes() {
                if !kinds.contains(&(unit.kind, *mode)) {
                    kinds.push((unit.kind, *mode));
                }
            }
        }
        let key = StreamKey { run: seed, ..StreamKey::default() };
        let start = Habitat::new(Arc::clone(plan), key);
        Drawing {
            plan: Arc::clone(plan),
            start,
            key,
            kinds,
            count: 0,
            turn: 0,
            turns: 0,
            seen: BTreeMap::new(),
        }
    }

    /// The next fault to try.
    pub fn next(&mut self) -> Draw {
        self.turns += 1;
        self.count += 1;
        if self.turns.is_multiple_of(INSTRUMENTS) {
            return self.instrument();
        }
        // A kind that no instrument shows is given up after some tries.
        for _ in 0..self.kinds.len() {
            let (kind, mode) = self.kinds[self.turn % self.kinds.len()];
            self.turn += 1;
            let words = words(kind, mode);
            let (flown, shown) = self.seen.get(&words).copied().unwrap_or_default();
            if shown > 0 || flown < TRIES {
                return self.unit(kind, mode, words);
            }
        }
        self.instrument()
    }

    /// Remember whether an instrument has shown a fault of this kind.
    pub fn learn(&mut self, kind: &str, is_shown: bool) {
        let (flown, shown) = self.seen.entry(kind.to_owned()).or_default();
        *flown += 1;
        *shown += usize::from(is_shown);
    }

    fn uniform(&self, part: u64) -> f64 {
        self.key.uniform(Purpose::Faults, 8 * self.count + part)
    }

    fn at_h(&self) -> f64 {
        // On the minute, not on the decision.
        ((HOURS.0 + (HOURS.1 - HOURS.0) * self.uniform(0)) * 60.0).round() / 60.0
    }

    fn pick<'b, T>(&self, from: &'b [T], part: u64) -> Option<&'b T> {
        from.get(
            ((from.len() as f64 * self.uniform(part)) as usize).min(from.len().saturating_sub(1)),
        )
    }

    fn seed(&self) -> u64 {
        self.key.run.wrapping_mul(100_000).wrapping_add(self.count)
    }

    fn unit(&self, kind: Kind, mode: Mode, words: String) -> Draw {
        let units: Vec<&str> = self
            .plan
            .faults
            .units
            .iter()
            .filter(|unit| unit.kind == kind)
            .map(|unit| unit.unit.as_str())
            .collect();
        let unit = self.pick(&units, 1).copied().unwrap_or_default().to_owned();
        // Holes of 1 to 5 mm; dust on a fifth to a half.
        let hole_mm = (kind == Kind::Hull).then(|| 1.0 + 4.0 * self.uniform(2));
        let amount = (mode == Mode::Dusty).then(|| 0.2 + 0.3 * self.uniform(2));
        let mode = match mode {
            Mode::Degraded => FaultMode::Degraded,
            Mode::Sound | Mode::Failed => FaultMode::Failed,
            Mode::Stuck => FaultMode::Stuck,
            Mode::Leaking => FaultMode::Leaking,
            Mode::Slow => FaultMode::Slow,
            Mode::Dusty => FaultMode::Dusty,
        };
        let event = FaultEvent { unit: unit.clone(), at_h: self.at_h(), mode, hole_mm, amount };
        Draw { event: Event::Unit(event), kind: words, unit, seed: self.seed() }
    }

    fn instrument(&self) -> Draw {
        let sensors: Vec<_> =
            self.plan.sensors.sensors.iter().filter(|one| one.class != Class::Record).collect();
        let modes = [
            (SensorMode::Stuck, "stuck"),
            (SensorMode::DropOut, "silent"),
            (SensorMode::Bias, "jump"),
        ];
        let (mode, word) = modes[(self.turns / INSTRUMENTS) % modes.len()];
        let (mut sensor, mut unit, mut offset) = (String::new(), String::new(), None);
        if let Some(one) = self.pick(&sensors, 1) {
            sensor.clone_from(&one.channel);
            unit.clone_from(&self.plan.sensors.owners[one.owner]);
            let bias = one.class.errors().bias;
            let at = self.plan.catalogue.find(&one.channel).ok();
            let size = at.and_then(|at| self.start.value(at)).unwrap_or(0.0).abs();
            let sign = if self.uniform(2) < 0.5 { -1.0 } else { 1.0 };
            offset = (mode == SensorMode::Bias).then_some(sign * JUMP * (bias.0 + bias.1 * size));
        }
        let event = SensorEvent { sensor, at_h: self.at_h(), mode, offset };
        let kind = format!("instrument {word}");
        Draw { event: Event::Instrument(event), kind, unit, seed: self.seed() }
    }
}

/// A kind and a mode in words.
fn words(kind: Kind, mode: Mode) -> String {
    // `CoolantPump` reads `coolant pump`.
    let mut words = String::new();
    for letter in format!("{kind:?}").chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    format!("{words} {}", mode.name())
}
