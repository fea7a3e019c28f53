//! Any text is refused with a place or is a scenario; a scenario that loads compiles and steps.
//!
//! ```text
//! bytes ──text?──► scenario::parse ──refused──► the refusal has a sentence and a place in its text
//!                        │ loads
//!                        ▼
//!                  Plan::compile ──► steps of several lengths, every mode on ──► ledger below 1e-9,
//!                                                                                every slot finite
//! ```
//!
//! Beside the mutations of the fuzzer there are two that know the format: a number becomes an end of
//! its declared range, and a key of a table's own is written into it. They reach the physics, which
//! bytes changed at random hardly do.
//!
//! Bases that are files are refused here: what a run finds must not depend on the machine.

#![no_main]

use std::sync::Arc;

use habitat::ledger::COLUMN_NAMES;
use habitat::scenario::{self, RANGES, Range, SHIPPED, ScenarioError};
use habitat::slots::{Slot, Slots};
use habitat::{Habitat, Plan, StreamKey};
use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};

/// Largest residual of the ledger, share of what moved.
const TOLERANCE: f64 = 1e-9;
/// Roundings of what is held that a step may leave.
const ROUNDINGS: f64 = 64.0;
/// Lengths of the steps that a scenario takes, s.
const STEPS_S: [f64; 9] = [60.0, 60.0, 1.0, 3_600.0, 0.001, 600.0, 3_600.0, 10.0, 60.0];

fuzz_target!(|bytes: &[u8]| -> Corpus { run(bytes) });

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut draw = Draw(u64::from(seed));
    let text = std::str::from_utf8(&data[..size]).unwrap_or("");
    let changed = match draw.below(4) {
        0 => change_number(text, &mut draw),
        1 => write_key(text, &mut draw),
        _ => None,
    };
    match changed {
        Some(text) if text.len() <= max_size => {
            data[..text.len()].copy_from_slice(text.as_bytes());
            text.len()
        }
        _ => fuzzer_mutate(data, size, max_size),
    }
});

fn run(bytes: &[u8]) -> Corpus {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Corpus::Reject;
    };
    if names_a_file(text) {
        return Corpus::Reject;
    }
    let loaded = match scenario::parse("fuzz.toml", text) {
        Ok(loaded) => loaded,
        Err(ScenarioError::Refused(refusal)) => {
            assert!(!refusal.to_string().is_empty());
            assert!(refusal.line >= 1 && refusal.column >= 1);
            assert!(refusal.text.get(refusal.span.clone()).is_some(), "{refusal:?}");
            return Corpus::Keep;
        }
        Err(error) => panic!("a text is found, readable and has a form: {error}"),
    };
    scenario::canonical(&loaded.scenario).unwrap();
    let plan = match Plan::compile(&loaded.scenario, loaded.hash) {
        Ok(plan) => Arc::new(plan),
        Err(error) => panic!("a scenario that loads compiles: {error}"),
    };
    let mut cabin = Habitat::new(Arc::clone(&plan), StreamKey::default());
    finite(&cabin);
    for (number, dt_s) in STEPS_S.into_iter().chain([loaded.scenario.dt_s]).enumerate() {
        if number == 2 {
            for index in 0..cabin.actuators().len() {
                if cabin.actuators()[index].is_mode {
                    cabin.command(index, 1.0).unwrap();
                }
            }
        }
        cabin.step(dt_s).unwrap();
        finite(&cabin);
        closed(&cabin, dt_s);
    }
    let back = Habitat::restore(plan, &cabin.snapshot()).unwrap();
    assert_eq!(back.hash(), cabin.hash());
    Corpus::Keep
}

/// Whether a base is a file. Asked of the text, not of a parsed file: too careful is careful enough.
fn names_a_file(text: &str) -> bool {
    text.match_indices("extends").any(|(at, word)| {
        let rest = text[at + word.len()..].trim_start_matches(['"', '\'', ' ', '\t', '=']);
        !SHIPPED.iter().any(|shipped| rest.starts_with(shipped.name))
    }) || text.contains("\\u")
        || text.contains("\\x")
}

/// The ledger closes: in every column the residual of the last piece of the step is below 1e-9 of
/// what moved, or below what doubles resolve of what is held.
///
/// The second is for habitats that nobody builds: in a millisecond of a hall of a million cubic
/// metres less moves than the last digit of what is held, and each of some dozens of bookings rounds
/// there. The ledger's own scale, a millionth of what is held, allows five such roundings.
fn closed(cabin: &Habitat, dt_s: f64) {
    let ledger = &cabin.state().ledger;
    for (column, name) in COLUMN_NAMES.iter().enumerate() {
        let residual = ledger.residual[column].abs();
        let moved = ledger.moved[column];
        let held =
            if name == &"energy_j" { gross_j(&ledger.held) } else { ledger.held[column].abs() };
        let allowed = (TOLERANCE * moved).max(ROUNDINGS * f64::EPSILON * held);
        assert!(residual <= allowed, "{name}: {residual:e} of {moved:e}, held {held:e}, {dt_s} s");
    }
}

/// Energy held without what cancels, J: water and CO2 have negative enthalpies of formation, and a tank of water
/// alone holds a hundred times what the sum over a habitat comes to. Rounding goes by the terms of a sum.
fn gross_j(held: &[f64]) -> f64 {
    held[5].abs() + 393_510.0 * held[0].abs() + 0.5 * 285_830.0 * held[1].abs()
}

/// Every number of the state and every channel is finite.
fn finite(cabin: &Habitat) {
    let mut state = cabin.state().clone();
    state.slots(&mut String::new(), &mut |name, slot| {
        if let Slot::Number(value) = slot {
            assert!(value.is_finite(), "{name} = {value}");
        }
    });
    let mut row = vec![0.0; cabin.catalogue().len()];
    cabin.read(&mut row);
    for (channel, value) in cabin.catalogue().channels().iter().zip(&row) {
        // A silent instrument shows nothing.
        let silent = value.is_nan() && channel.id.contains(".sensed_");
        assert!(value.is_finite() || silent, "{} = {value}", channel.id);
    }
}

/// Random numbers for the mutations, from the fuzzer's seed (splitmix64).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    /// A value at an end of the range, near one, or inside.
    fn value(&mut self, range: &Range) -> String {
        let (low, high) = (range.min, range.max);
        let share = self.next() as f64 / u64::MAX as f64;
        let value = match self.below(6) {
            0 if !range.open => low,
            0 => low + (high - low) * 1e-15,
            1 => high,
            2 => low + (high - low) * 1e-9,
            3 => low + (high - low) * share.powi(8),
            _ => low + (high - low) * share,
        };
        // Whole numbers are asked for by the keys that count.
        if self.below(2) == 0 || range.unit == "cells" || range.unit == "candles" {
            format!("{}", value.round() as i64)
        } else {
            format!("{value:?}")
        }
    }
}

/// Give one number of the text another value of its range.
fn change_number(text: &str, draw: &mut Draw) -> Option<String> {
    let signs: Vec<usize> = text.match_indices('=').map(|(at, _)| at).collect();
    let at = *signs.get(draw.below(signs.len()))?;
    let key = text[..at].trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    let ranges: Vec<&Range> =
        RANGES.iter().filter(|range| range.key.rsplit('.').next() == Some(key)).collect();
    let range = ranges.get(draw.below(ranges.len()))?;
    let start = at + 1 + text[at + 1..].len() - text[at + 1..].trim_start().len();
    let end = text[start..].find([',', '\n', '}', ' ', '#']).map_or(text.len(), |n| start + n);
    Some(format!("{}{}{}", &text[..start], draw.value(range), &text[end..]))
}

/// Write a number below the head of a table that may hold it.
fn write_key(text: &str, draw: &mut Draw) -> Option<String> {
    let heads: Vec<(usize, &str)> = text
        .split_inclusive('\n')
        .scan(0, |at, line| {
            *at += line.len();
            Some((*at, line.trim()))
        })
        .filter(|(_, line)| line.starts_with('[') && line.ends_with(']'))
        .map(|(at, line)| (at, line.trim_matches(['[', ']'])))
        .collect();
    let (at, table) = *heads.get(draw.below(heads.len()))?;
    let keys: Vec<(&str, &Range)> = RANGES
        .iter()
        .filter_map(|range| {
            let key = range.key.strip_prefix(table)?.strip_prefix('.')?;
            (!key.contains('.')).then_some((key, range))
        })
        .collect();
    let (key, range) = *keys.get(draw.below(keys.len()))?;
    Some(format!("{}{key} = {}\n{}", &text[..at], draw.value(range), &text[at..]))
}
