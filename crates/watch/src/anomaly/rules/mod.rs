//! The rules of a habitat, found by the ids of its channels.

mod air;
mod jump;
mod power;
mod rated;
mod water;
mod zones;

use std::collections::BTreeMap;

use catalogue::{Catalogue, Unit, ValueKind};
use serde::{Deserialize, Serialize};

use super::{Detection, Rule, Side, Signal};

/// A day and a half, s: the past of what follows the rhythm of the day.
const DAYS_S: f64 = 129_600.0;

/// What is known of a habitat beside its channels.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// Loads that the bus drops when power is short, the first one first: one that is dropped is not expected to work.
    pub shed_order: Vec<String>,
    /// Volumes of zones by name, m3. Without them zones count alike, and balances of air tell less.
    pub volumes_m3: BTreeMap<String, f64>,
    /// What sensed channels show while their sound unit works at full rate, by id. Rules that need one are left out without it.
    pub rated: BTreeMap<String, f64>,
}

/// Every rule for which `catalogue` has the channels, in a fixed order.
#[must_use]
pub fn rules_of(catalogue: &Catalogue, facts: &Facts) -> Vec<Rule> {
    let book = Book { catalogue, facts };
    let mut rules = Vec::new();
    book.instruments(&mut rules);
    book.air_units(&mut rules);
    book.water_units(&mut rules);
    book.tanks(&mut rules);
    book.zones(&mut rules);
    book.power(&mut rules);
    book.thermal(&mut rules);
    book.rated(&mut rules);
    rules
}

struct Book<'a> {
    catalogue: &'a Catalogue,
    facts: &'a Facts,
}

fn past(relative: f64, absolute: f64, spreads: f64, side: Side) -> Detection {
    Detection::Past { history_s: DAYS_S, absolute, relative, spreads, side }
}

impl Book<'_> {
    fn find(&self, owner: &str, quantity: &str) -> Option<usize> {
        self.catalogue.position(&format!("{owner}.{quantity}"))
    }

    fn sensed(&self, owner: &str, quantity: &str) -> Option<usize> {
        self.find(owner, &format!("sensed_{quantity}"))
    }

    /// Owners that have the quantity, in the order of the catalogue.
    fn owners(&self, quantity: &str) -> Vec<String> {
        let end = format!(".{quantity}");
        let ids = self.catalogue.channels().iter().map(|channel| &channel.id);
        ids.filter_map(|id| id.strip_suffix(&end).map(str::to_owned)).collect()
    }

    /// `signal` while the unit is commanded on and has power.
    fn on(&self, owner: &str, signal: Signal) -> Signal {
        let mut signal = signal;
        if let Some(on) = self.find(owner, "set_on") {
            signal = signal.when(on, 0.5, 2.0);
        }
        let rank = self.facts.shed_order.iter().position(|load| load == owner);
        match (self.sensed("habitat.power", "shed"), rank) {
            (Some(shed), Some(rank)) => signal.when(shed, -0.5, rank as f64 + 0.5),
            // With nothing left to shed the whole bus is dark.
            (Some(shed), None) => signal.when(shed, -0.5, self.facts.shed_order.len() as f64 + 0.5),
            _ => signal,
        }
    }

    /// `signal` while no instrument of `owners` is calibrated: what they show changes with that.
    fn uncalibrated(&self, owners: &[&str], signal: Signal) -> Signal {
        let sets = owners.iter().filter_map(|owner| self.find(owner, "set_calibrate"));
        sets.fold(signal, |signal, set| signal.when(set, -0.5, 0.5))
    }

    /// Instruments against what instruments can do.
    fn instruments(&self, rules: &mut Vec<Rule>) {
        for (at, channel) in self.catalogue.channels().iter().enumerate() {
            let quantity = channel.id.rsplit('.').next().unwrap_or_default();
            let Some(name) = quantity.strip_prefix("sensed_") else { continue };
            if channel.kind != ValueKind::Sensed || is_record(name) {
                continue;
            }
            // Zero is shown by a flow that stands still, one by a share that is full.
            let moving = Signal::of(at).when(at, 1e-12, f64::MAX);
            let moving = if channel.unit == Unit::One {
                moving.when(at, 1e-12, 1.0 - 1e-12)
            } else {
                moving
            };
            let stuck = format!("stuck_{name}");
            let words = format!("{} does not move", channel.quantity);
            let flat = Detection::Flat { samples: 6, room: 0.0 };
            rules.push(Rule::new(&channel.owner, &stuck, &words, moving, flat).within(0.0));
            self.jump(at, name, rules);
        }
    }
}

/// The place of an owner: `living` of `living.cdra`.
fn place_of(owner: &str) -> &str {
    owner.split('.').next().unwrap_or(owner)
}

/// The air around a unit.
fn air_of(unit: &str) -> String {
    format!("{}.air", place_of(unit))
}

/// Counted by people: no instrument that could stick.
fn is_record(name: &str) -> bool {
    [
        "alive",
        "incapacitated",
        "ill",
        "shed",
        "food_kg",
        "crew_s",
        "spares",
        "filter_used",
        "left_mol",
        "fresh_mol",
    ]
    .contains(&name)
}
