//! What a zone and a unit cost in a step: small habitats, each with one thing more.
//!
//! | curve | habitat |
//! |---|---|
//! | zones | rooms of 50 m3 with structure, leak and fans, in a chain with a fan between neighbours; no units |
//! | units | one such room with air, tanks half full and one unit, every mode on |
//!
//! A unit alone may have less to do than in company: a reducer stands still without hydrogen, and a CO2
//! removal unit draws cabin air instead of the outlet of a heat exchanger. `thermal` needs `power`
//! and `faults` needs a unit that fails, so `power + thermal` and `oga + faults` are shown.

use std::fmt::Write as _;
use std::sync::Arc;

use habitat::{Plan, scenario};
use serde::Serialize;

use super::rate;
use crate::error::CliError;

/// Numbers of zones that are measured.
const ZONES: [usize; 6] = [1, 2, 4, 8, 12, 16];
/// Steps of a repetition: a week.
const STEPS: u64 = 10_080;
/// Repetitions of which the fastest counts.
const REPETITIONS: usize = 5;

/// What is added to a room: its name here, its text in a scenario.
const UNITS: &[(&str, &str)] = &[
    (
        "person",
        "[[crew]]\nname = \"amina\"\nsex = \"female\"\nage_y = 36.0\nmass_kg = 62.0\nheight_m = 1.65\n\
         schedule = [{ from_h = 0.0, to_h = 8.0, activity = \"sleep\", zone = \"z0\" }, \
         { from_h = 8.0, to_h = 24.0, activity = \"nominal\", zone = \"z0\" }]\n",
    ),
    (
        "source_term",
        "[[source_term]]\nname = \"load\"\nzone = \"z0\"\nkind = \"heat\"\n\
         schedule = [{ from_h = 0.0, to_h = 168.0, w = 10.0 }]\n",
    ),
    (
        "acs",
        "[[acs]]\nname = \"acs\"\nzone = \"z0\"\np_total_pa = 101_325.0\npp_o2_pa = 21_000.0\n",
    ),
    ("oga", OGA),
    ("ccaa", "[[ccaa]]\nname = \"ccaa\"\nzone = \"z0\"\nset_point_k = 293.15\n"),
    ("cdra", "[[cdra]]\nname = \"cdra\"\nzone = \"z0\"\n"),
    ("sabatier", "[[sabatier]]\nname = \"sabatier\"\nzone = \"z0\"\n"),
    ("tccs", "[[tccs]]\nname = \"tccs\"\nzone = \"z0\"\n"),
    ("lioh", "[[lioh]]\nname = \"lioh\"\nzone = \"z0\"\nlioh_kg = 10.0\n"),
    ("candle", "[[candle]]\nname = \"candle\"\nzone = \"z0\"\ncount = 200\n"),
    ("wpa", "[[wpa]]\nname = \"wpa\"\nzone = \"z0\"\n"),
    ("upa", "[[upa]]\nname = \"upa\"\nzone = \"z0\"\n"),
    ("brine_processor", "[[brine_processor]]\nname = \"brine\"\nzone = \"z0\"\n"),
    ("oga + faults", OGA_FAULTS),
    ("power", POWER),
    ("power + thermal", POWER_THERMAL),
];
const OGA: &str = "[[oga]]\nname = \"oga\"\nzone = \"z0\"\no2_kg_d = 0.9\n";
const OGA_FAULTS: &str =
    "[[oga]]\nname = \"oga\"\nzone = \"z0\"\no2_kg_d = 0.9\n[faults]\nrate_factor = 1.0\n";
const POWER: &str = "[power.site]\nlatitude_deg = -89.45\nhorizon = \"synthetic_ridge\"\n[power]\narray_m2 = 20.0\n";
const POWER_THERMAL: &str = "[power.site]\nlatitude_deg = -89.45\nhorizon = \"synthetic_ridge\"\n\
     [power]\narray_m2 = 20.0\n[thermal]\nradiator_m2 = 20.0\n";

/// Cost of a step with a number of zones.
#[derive(Debug, Serialize)]
pub struct ZonePoint {
    /// Zones in the chain.
    pub zones: usize,
    /// Wall time of a step, ns.
    pub ns_step: f64,
}

/// Cost of a step with one unit.
#[derive(Debug, Serialize)]
pub struct UnitPoint {
    /// What stands in the room.
    pub unit: &'static str,
    /// Wall time of a step, ns.
    pub ns_step: f64,
    /// Beside the empty room, ns.
    pub added_ns: f64,
}

/// The curve over the number of zones.
///
/// # Errors
/// [`CliError`] when a step is refused.
pub fn zones() -> Result<Vec<ZonePoint>, CliError> {
    let point = |count| Ok(ZonePoint { zones: count, ns_step: ns_step(&plan(&chain(count))?)? });
    ZONES.into_iter().map(point).collect()
}

/// The cost of each unit alone, the empty room first.
///
/// # Errors
/// [`CliError`] when a step is refused.
pub fn units() -> Result<Vec<UnitPoint>, CliError> {
    let empty_ns = ns_step(&plan(&chain(1))?)?;
    let mut points = vec![UnitPoint { unit: "nothing", ns_step: empty_ns, added_ns: 0.0 }];
    for (unit, text) in UNITS {
        let ns_step = ns_step(&plan(&(chain(1) + text))?)?;
        points.push(UnitPoint { unit, ns_step, added_ns: ns_step - empty_ns });
    }
    Ok(points)
}

/// A chain of rooms as a scenario; further tables may be written below it.
fn chain(zones: usize) -> String {
    let mut text = "schema = 1\nname = \"chain\"\nduration_days = 7.0\n[stores]\n\
                    condensate_kg = 40.0\nurine_kg = 20.0\nbrine_kg = 5.0\n"
        .to_owned();
    for zone in 0..zones {
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "[[zone]]\nname = \"z{zone}\"\nvolume_m3 = 50.0\nstructure_j_k = 0.7e6\n\
             structure_w_k = 170.0\nleak_fraction_per_day = 0.0005\nfan_w = 20.0\n"
        );
    }
    for zone in 1..zones {
        let _ = write!(
            text,
            "[[ventilation]]\nfrom = \"z{}\"\nto = \"z{zone}\"\nflow_m3_h = 238.0\n",
            zone - 1
        );
    }
    text
}

/// Compile a text.
fn plan(text: &str) -> Result<Arc<Plan>, CliError> {
    let loaded = scenario::parse("bench.toml", text)?;
    Ok(Arc::new(Plan::compile(&loaded.scenario, loaded.hash)?))
}

/// Wall time of a step, ns: the fastest repetition.
fn ns_step(plan: &Arc<Plan>) -> Result<f64, CliError> {
    let mut fastest: f64 = 0.0;
    for _ in 0..REPETITIONS {
        fastest = fastest.max(rate::timed(&mut rate::everything_on(plan)?, STEPS)?);
    }
    Ok(1e9 / fastest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is timed is a habitat that works: it steps, and its ledger closes.
    #[test]
    fn every_habitat_of_the_curves_closes_its_ledger() {
        let chains = ZONES.map(|count| (format!("{count} zones"), chain(count)));
        let rooms = UNITS.iter().map(|(unit, text)| ((*unit).to_owned(), chain(1) + text));
        for (name, text) in chains.into_iter().chain(rooms) {
            let mut habitat = rate::everything_on(&plan(&text).unwrap()).unwrap();
            for _ in 0..720 {
                habitat.step(rate::DT_S).unwrap();
            }
            let worst = habitat.mass_residual_max().max(habitat.energy_residual_max());
            assert!(worst < 1e-9, "{name}: {worst}");
        }
    }

    /// A kind of unit that the scenario format knows is on the curve.
    #[test]
    fn no_kind_of_unit_is_left_out() {
        let schema: serde_json::Value = serde_json::from_str(&scenario::json_schema()).unwrap();
        let known = schema["properties"].as_object().unwrap();
        let kinds: Vec<&String> =
            known.iter().filter(|(_, value)| value["items"].is_object()).map(|(k, _)| k).collect();
        assert!(kinds.len() > 12, "{kinds:?}");
        for kind in kinds {
            let is_no_unit = matches!(kind.as_str(), "zone" | "ventilation" | "vary");
            let head = format!("[[{kind}]]");
            assert!(is_no_unit || UNITS.iter().any(|(_, text)| text.contains(&head)), "{kind}");
        }
    }
}
