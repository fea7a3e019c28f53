//! What a mission came to: tables for people, and the result for machines.

use catalogue::{Catalogue, Limits, Standing};
use env::Outcome;
use habitat::Habitat;
use habitat::scenario::hex;
use physics::constants::{DAY_S, PA_PER_MMHG};
use physics::species::Gas;
use serde::Serialize;
use watch::report::{Severity, Table, Verdict};

use super::figures::{BATTERY_USABLE, Figures, STORE_FRACTION, Spread, channels_of};
use super::margins::MarginResult;
use super::words::{day_clock, time};
use crate::table::fixed;

/// Joules in a kilowatt-hour.
const J_KWH: f64 = 3.6e6;
/// Seconds in an hour.
const HOUR_S: f64 = 3_600.0;

/// The result of a mission; its fields are documented in [`super`].
#[derive(Debug, Clone, Serialize)]
pub struct MissionResult {
    pub scenario: String,
    pub scenario_hash: String,
    pub controller: String,
    pub seed: u64,
    pub days: f64,
    pub dt_s: f64,
    pub decision_s: f64,
    pub crew_size: usize,
    pub crew_alive: usize,
    pub success: bool,
    pub abort_reason: Option<&'static str>,
    pub abort_s: Option<f64>,
    pub end_s: f64,
    pub mass_residual_max: f64,
    pub energy_residual_max: f64,
    pub steps: u64,
    pub decisions: u64,
    pub wall_s: f64,
    pub steps_per_s: f64,
    pub zones: Vec<ZoneResult>,
    pub stores: Vec<StoreResult>,
    pub totals: serde_json::Map<String, serde_json::Value>,
    pub power: PowerResult,
    pub margins: Vec<MarginResult>,
    pub events: u64,
    pub event_kinds: serde_json::Map<String, serde_json::Value>,
    pub files: Files,
}

/// The air of one zone.
#[derive(Debug, Clone, Serialize)]
pub struct ZoneResult {
    pub name: String,
    #[serde(flatten)]
    pub quantities: serde_json::Map<String, serde_json::Value>,
}

/// Lowest, mean and highest reading.
#[derive(Debug, Clone, Copy, Serialize)]
struct SpreadResult {
    min: Option<f64>,
    mean: Option<f64>,
    max: Option<f64>,
}

/// A tank at the start and at the end, in the unit of its channel.
#[derive(Debug, Clone, Serialize)]
pub struct StoreResult {
    pub channel: String,
    pub unit: &'static str,
    pub start: f64,
    pub end: f64,
}

/// Electric power, and energy since the start.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PowerResult {
    pub mean_w: f64,
    pub max_w: f64,
    pub electric_j: f64,
    pub coolant_j: f64,
    pub battery_usable_min: Option<f64>,
    pub store_fraction_min: Option<f64>,
    pub dark_s: Option<f64>,
    pub shed_s: Option<f64>,
}

/// Where the files lie.
#[derive(Debug, Clone, Serialize)]
pub struct Files {
    pub dir: String,
    pub telemetry_parquet: &'static str,
    pub telemetry_csv: &'static str,
    pub report: &'static str,
    pub result: &'static str,
}

/// Quantities of the air: channel, words, unit, factor and shift from SI, decimals.
const AIR: [(&str, &str, f64, f64, usize); 7] = [
    ("p_total_pa", "total pressure, kPa", 1e-3, 0.0, 2),
    ("pp_o2_pa", "O2, kPa", 1e-3, 0.0, 2),
    ("inspired_o2_pa", "inspired O2, mmHg", 1.0 / PA_PER_MMHG, 0.0, 1),
    ("o2_fraction", "O2 of dry gas, %", 100.0, 0.0, 2),
    ("pp_co2_pa", "CO2, mmHg", 1.0 / PA_PER_MMHG, 0.0, 2),
    ("t_k", "temperature, °C", 1.0, -273.15, 1),
    ("rh", "humidity, %", 100.0, 0.0, 1),
];

/// Stands of the tanks, and the mass of one mole where they count moles.
const STORES: [(&str, &str, Option<Gas>); 9] = [
    ("potable_kg", "potable water", None),
    ("condensate_kg", "condensate", None),
    ("urine_kg", "urine", None),
    ("brine_kg", "brine", None),
    ("waste_kg", "waste", None),
    ("food_kg", "dry food", None),
    ("o2_mol", "oxygen", Some(Gas::O2)),
    ("n2_mol", "nitrogen", Some(Gas::N2)),
    ("co2_mol", "CO2 accumulator", Some(Gas::Co2)),
];

/// Names of the totals for people.
const TOTALS: [(&str, &str); 14] = [
    ("crew_o2_kg", "O2 used by the crew"),
    ("generated_o2_kg", "O2 from generators"),
    ("tank_o2_kg", "O2 from the tank"),
    ("candle_o2_kg", "O2 from candles"),
    ("tank_n2_kg", "N2 from the tank"),
    ("crew_co2_kg", "CO2 from the crew"),
    ("removed_co2_kg", "CO2 removed"),
    ("lioh_co2_kg", "CO2 into lithium hydroxide"),
    ("reduced_co2_kg", "CO2 reduced"),
    ("condensate_kg", "condensate"),
    ("distillate_kg", "distillate of urine"),
    ("brine_water_kg", "water from brine to the air"),
    ("processed_water_kg", "water processed to potable"),
    ("reducer_water_kg", "water from the reducer"),
];

/// How the mission ended, in one sentence.
pub fn verdict(outcome: &Outcome) -> Verdict {
    let length = time(outcome.t_s);
    if outcome.crew_size == 0 {
        return Verdict {
            severity: Severity::Nominal,
            text: format!("Run complete: {length} without crew"),
        };
    }
    let alive = format!("{} of {} alive", outcome.crew_alive, outcome.crew_size);
    if outcome.success {
        return Verdict {
            severity: Severity::Nominal,
            text: format!("Mission succeeded: {alive} after {length}, no abort rule broken"),
        };
    }
    let at = outcome.abort_s.map_or(String::new(), |abort_s| {
        format!(" after {} (at {})", time(abort_s), day_clock(abort_s))
    });
    Verdict {
        severity: Severity::Warning,
        text: format!("Mission lost{at}: {}; {alive} after {length}", outcome.abort_reason.words()),
    }
}

/// Lowest, mean and highest of every zone beside the limits.
pub fn atmosphere(catalogue: &Catalogue, figures: &Figures) -> Table {
    let mut rows = Vec::new();
    for (quantity, words, scale, offset, decimals) in AIR {
        for index in channels_of(catalogue, quantity, "inspired_o2_pa") {
            let channel = &catalogue.channels()[index];
            let spread = &figures.spreads[index];
            let show = |si: f64| fixed(si * scale + offset, decimals);
            let worst = [spread.min, spread.max].map(|value| channel.standing(value));
            let sign = if worst.contains(&Standing::Warning) {
                "warning"
            } else if worst.contains(&Standing::Caution) {
                "caution"
            } else {
                ""
            };
            rows.push(vec![
                zone_name(&channel.owner).to_owned(),
                words.to_owned(),
                show(spread.min),
                show(spread.mean()),
                show(spread.max),
                channel.limits.map_or_else(String::new, |limits| band(&limits, &show)),
                sign.to_owned(),
            ]);
        }
    }
    Table {
        title: "Atmosphere".into(),
        columns: ["zone", "", "min", "mean", "max", "caution (warning)", ""]
            .map(String::from)
            .to_vec(),
        rows,
    }
}

/// The limits of a channel, caution first, warning in brackets.
fn band(limits: &Limits, show: &dyn Fn(f64) -> String) -> String {
    let side = |low: Option<f64>, high: Option<f64>| match (low, high) {
        (Some(low), Some(high)) => format!("{} to {}", show(low), show(high)),
        (Some(low), None) => format!("over {}", show(low)),
        (None, Some(high)) => format!("under {}", show(high)),
        (None, None) => String::new(),
    };
    let caution = side(limits.caution_low, limits.caution_high);
    let warning = side(limits.warning_low, limits.warning_high);
    match (caution.is_empty(), warning.is_empty()) {
        (_, true) => caution,
        (true, false) => format!("({warning})"),
        (false, false) => format!("{caution} ({warning})"),
    }
}

fn zone_name(owner: &str) -> &str {
    owner.strip_suffix(".air").unwrap_or(owner)
}

/// Tanks and stores at the start and at the end.
pub fn stores(catalogue: &Catalogue, figures: &Figures) -> Table {
    let mut rows = Vec::new();
    for (quantity, words, gas) in STORES {
        let Ok(index) = catalogue.find(&format!("stores.tanks.{quantity}")) else {
            continue;
        };
        let spread = &figures.spreads[index];
        let kg = gas.map_or(1.0, Gas::molar_mass_kg_mol);
        rows.push(vec![
            words.to_owned(),
            fixed(spread.first * kg, 2),
            fixed(spread.last * kg, 2),
            fixed((spread.last - spread.first) * kg, 2),
        ]);
    }
    Table {
        title: "Tanks and stores, kg".into(),
        columns: ["", "start", "end", "change"].map(String::from).to_vec(),
        rows,
    }
}

/// Flows added up over the mission.
pub fn flows(figures: &Figures, outcome: &Outcome) -> Table {
    let days = outcome.t_s / DAY_S;
    let rows = figures.totals.iter().map(|total| {
        let words = TOTALS.iter().find(|(key, _)| *key == total.key).map_or(total.key, |t| t.1);
        vec![words.to_owned(), fixed(total.sum, 2), fixed(total.sum / days, 3)]
    });
    Table {
        title: "Flows over the mission".into(),
        columns: ["", "kg", "kg/d"].map(String::from).to_vec(),
        rows: rows.collect(),
    }
}

/// What the power system came to; `None` for a habitat without one.
pub fn power(result: &PowerResult) -> Option<Table> {
    let mut rows = Vec::new();
    let mut row = |words: &str, value: f64, unit: &str| {
        rows.push(vec![words.to_owned(), fixed(value, 1), unit.to_owned()]);
    };
    row("lowest usable charge of the battery", 100.0 * result.battery_usable_min?, "%");
    row("lowest store of the fuel cell", 100.0 * result.store_fraction_min?, "%");
    row("time without sun", result.dark_s? / HOUR_S, "h");
    row("time with loads shed", result.shed_s? / HOUR_S, "h");
    Some(Table {
        title: "Power".into(),
        columns: ["", "value", "unit"].map(String::from).to_vec(),
        rows,
    })
}

/// The lowest reading of a channel, if it exists.
fn lowest(catalogue: &Catalogue, figures: &Figures, id: &str) -> Option<f64> {
    let index = catalogue.find(id).ok()?;
    let lowest = figures.spreads[index].min;
    lowest.is_finite().then_some(lowest)
}

/// The result for machines.
pub fn result(
    habitat: &Habitat,
    figures: &Figures,
    outcome: &Outcome,
    head: Head,
) -> MissionResult {
    let catalogue = habitat.catalogue();
    let power = catalogue.find("habitat.power.total_w").ok();
    let power = power.map(|index| figures.spreads[index]);
    let ledger = &habitat.state().ledger;
    let abort = outcome.abort_reason.name();
    MissionResult {
        scenario: habitat.plan().scenario.name.clone(),
        scenario_hash: hex(&habitat.plan().hash),
        controller: head.controller,
        seed: head.seed,
        days: habitat.plan().scenario.duration_days,
        dt_s: habitat.plan().scenario.dt_s,
        decision_s: habitat.plan().scenario.decision_s,
        crew_size: outcome.crew_size,
        crew_alive: outcome.crew_alive,
        success: outcome.success,
        abort_reason: (!abort.is_empty()).then_some(abort),
        abort_s: outcome.abort_s,
        end_s: outcome.t_s,
        mass_residual_max: outcome.mass_residual_max,
        energy_residual_max: outcome.energy_residual_max,
        steps: outcome.steps,
        decisions: outcome.decisions,
        wall_s: head.wall_s,
        steps_per_s: outcome.steps as f64 / head.wall_s.max(1e-9),
        zones: zones(catalogue, figures),
        stores: STORES
            .iter()
            .filter_map(|(quantity, ..)| {
                let channel = format!("stores.tanks.{quantity}");
                let index = catalogue.find(&channel).ok()?;
                let spread = &figures.spreads[index];
                let unit = catalogue.channels()[index].unit.symbol();
                Some(StoreResult { channel, unit, start: spread.first, end: spread.last })
            })
            .collect(),
        totals: figures
            .totals
            .iter()
            .map(|total| (total.key.to_owned(), total.sum.into()))
            .collect(),
        power: PowerResult {
            mean_w: ledger.electric_j / outcome.t_s.max(1e-9),
            max_w: power.map_or(0.0, |spread| spread.max),
            electric_j: ledger.electric_j,
            coolant_j: ledger.coolant_j,
            battery_usable_min: lowest(catalogue, figures, BATTERY_USABLE),
            store_fraction_min: lowest(catalogue, figures, STORE_FRACTION),
            dark_s: figures.dark.map(|dark| dark.dark_s),
            shed_s: figures.dark.map(|dark| dark.shed_s),
        },
        margins: head.margins,
        events: head.event_kinds.iter().map(|(_, count)| count).sum(),
        event_kinds: head.event_kinds.into_iter().map(|(k, n)| (k, n.into())).collect(),
        files: head.files,
    }
}

/// What the result says that neither habitat nor figures know.
pub struct Head {
    pub controller: String,
    pub seed: u64,
    pub wall_s: f64,
    pub margins: Vec<MarginResult>,
    /// Kind and count.
    pub event_kinds: Vec<(String, u64)>,
    pub files: Files,
}

fn zones(catalogue: &Catalogue, figures: &Figures) -> Vec<ZoneResult> {
    let owners = channels_of(catalogue, "p_total_pa", "inspired_o2_pa");
    let zone = |index: usize| {
        let owner = &catalogue.channels()[index].owner;
        let mut quantities = serde_json::Map::new();
        for (quantity, ..) in AIR {
            if let Ok(index) = catalogue.find(&format!("{owner}.{quantity}"))
                && let Ok(value) = serde_json::to_value(spread(&figures.spreads[index]))
            {
                quantities.insert(quantity.to_owned(), value);
            }
        }
        ZoneResult { name: zone_name(owner).to_owned(), quantities }
    };
    owners.into_iter().map(zone).collect()
}

fn spread(spread: &Spread) -> SpreadResult {
    let number = |value: f64| value.is_finite().then_some(value);
    SpreadResult { min: number(spread.min), mean: number(spread.mean()), max: number(spread.max) }
}

/// Short facts: label and value.
pub fn facts(result: &MissionResult) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut fact = |label: &str, value: String| facts.push((label.to_owned(), value));
    fact("Controller", result.controller.clone());
    fact("Seed", result.seed.to_string());
    let end_d = result.end_s / DAY_S;
    let of =
        if end_d < result.days - 1e-6 { format!(" of {} d", result.days) } else { String::new() };
    fact("Length", format!("{}{of}", time(result.end_s)));
    if result.crew_size > 0 {
        fact("Crew", format!("{} of {} alive", result.crew_alive, result.crew_size));
    }
    fact("Residual of matter", format!("{:.1e} of what moved", result.mass_residual_max));
    fact("Residual of energy", format!("{:.1e} of what moved", result.energy_residual_max));
    if let Some(tightest) = result.margins.first() {
        let share = tightest.worst_share.map_or_else(
            || "none".to_owned(),
            |share| {
                if share < 0.0 {
                    "limit passed".to_owned()
                } else {
                    format!("{} % left", fixed(100.0 * share, 0))
                }
            },
        );
        fact("Tightest margin", format!("{}: {share}", tightest.name));
    }
    fact(
        "Mean power",
        format!(
            "{} kW, {} kWh in all",
            fixed(result.power.mean_w / 1e3, 2),
            fixed(result.power.electric_j / J_KWH, 0)
        ),
    );
    fact("Heat to coolant", format!("{} kWh", fixed(result.power.coolant_j / J_KWH, 0)));
    fact("Time step", format!("{} s, decisions every {} s", result.dt_s, result.decision_s));
    fact(
        "Speed",
        format!(
            "{} steps in {} s, {} steps/s",
            fixed(result.steps as f64, 0),
            fixed(result.wall_s, 2),
            fixed(result.steps_per_s, 0)
        ),
    );
    fact("Scenario hash", result.scenario_hash.chars().take(16).collect());
    facts
}

/// How the crew fared: one row a person.
pub fn crew(catalogue: &Catalogue, figures: &Figures) -> Option<Table> {
    let people = channels_of(catalogue, "alive", "oxygen_dose");
    let spread = |owner: &str, quantity: &str| {
        let index = catalogue.find(&format!("{owner}.{quantity}")).ok()?;
        Some(figures.spreads[index])
    };
    let rows: Vec<Vec<String>> = people
        .iter()
        .map(|channel| {
            let owner = catalogue.channels()[*channel].owner.as_str();
            let show = |quantity: &str, decimals, of: &dyn Fn(Spread) -> f64| {
                spread(owner, quantity).map_or_else(String::new, |s| fixed(of(s), decimals))
            };
            let kg_d = |gas: Gas| gas.molar_mass_kg_mol() * DAY_S;
            vec![
                owner.strip_prefix("crew.").unwrap_or(owner).to_owned(),
                if figures.spreads[*channel].last > 0.5 { "alive" } else { "dead" }.to_owned(),
                show("oxygen_dose", 3, &|s| s.max),
                show("co2_dose", 3, &|s| s.max),
                show("o2_mol_s", 3, &|s| s.mean() * kg_d(Gas::O2)),
                show("co2_mol_s", 3, &|s| s.mean() * kg_d(Gas::Co2)),
                show("sensible_w", 0, &|s| s.mean()),
                show("water_kg", 2, &|s| s.min),
            ]
        })
        .collect();
    let columns = [
        "",
        "at the end",
        "greatest dose of oxygen want",
        "greatest dose of CO2",
        "O2 used, kg/d",
        "CO2 given, kg/d",
        "heat to the air, W",
        "least body water above the deadly level, kg",
    ];
    (!rows.is_empty()).then(|| Table {
        title: "People".into(),
        columns: columns.map(String::from).to_vec(),
        rows,
    })
}

/// How much of the need for water its processing covers; `None` without people.
pub fn recovery(habitat: &Habitat, figures: &Figures, outcome: &Outcome) -> Option<String> {
    let need_kg = habitat.plan().potable_need_kg_s() * outcome.t_s;
    let processed = figures.totals.iter().find(|total| total.key == "processed_water_kg")?;
    (need_kg > 0.0).then(|| {
        format!(
            "Water processed to potable: {} kg, {} % of the {} kg that the whole crew needs to drink and for hygiene in this time.",
            fixed(processed.sum, 1),
            fixed(100.0 * processed.sum / need_kg, 0),
            fixed(need_kg, 1),
        )
    })
}
