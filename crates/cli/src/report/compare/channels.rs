//! Two missions channel by channel: means, extremes, and their difference at the times that both have.

use std::collections::BTreeMap;

use catalogue::ValueKind;
use physics::constants::{DAY_S, PA_PER_MMHG};
use store::{Database, Stream};
use watch::report::{Plot, Series, Table, XAxis};

use super::interval::{block_length, block_mean};
use super::{Difference, Kindred};
use crate::error::CliError;
use crate::report::mission::each_row;
use crate::report::setting::Setting;
use crate::table::short;

/// What is compared: end of an id, words, unit, scale, offset.
const QUANTITIES: [(&str, &str, &str, f64, f64); 12] = [
    (".air.pp_co2_pa", "CO2 partial pressure", "mmHg", 1.0 / PA_PER_MMHG, 0.0),
    (".air.pp_o2_pa", "O2 partial pressure", "kPa", 1e-3, 0.0),
    (".air.p_total_pa", "total pressure", "kPa", 1e-3, 0.0),
    (".air.t_k", "air temperature", "°C", 1.0, -273.15),
    (".air.rh", "relative humidity", "%", 100.0, 0.0),
    ("habitat.power.total_w", "electric power", "kW", 1e-3, 0.0),
    ("habitat.battery.usable", "battery, usable charge", "%", 100.0, 0.0),
    ("habitat.fuel_cell.store_fraction", "hydrogen of a full store", "%", 100.0, 0.0),
    ("stores.tanks.potable_kg", "potable water", "kg", 1.0, 0.0),
    ("stores.tanks.condensate_kg", "condensate", "kg", 1.0, 0.0),
    ("stores.tanks.o2_mol", "oxygen in tanks", "mol", 1.0, 0.0),
    ("stores.tanks.n2_mol", "nitrogen in tanks", "mol", 1.0, 0.0),
];
/// Plots at most.
const PLOTS: usize = 12;
/// Points of a line.
const POINTS: usize = 1_200;

/// A channel that both have.
struct Pair {
    words: String,
    unit: &'static str,
    ours: usize,
    theirs: usize,
    scale: f64,
    offset: f64,
}

fn pairs(a: &Setting, b: &Setting) -> Vec<Pair> {
    let mut all = Vec::new();
    for (end, words, unit, scale, offset) in QUANTITIES {
        for (ours, channel) in a.catalogue.channels().iter().enumerate() {
            if channel.kind == ValueKind::Commanded || !channel.id.ends_with(end) || !a.has[ours] {
                continue;
            }
            let Ok(theirs) = b.catalogue.find(&channel.id) else { continue };
            if !b.has[theirs] {
                continue;
            }
            let place = channel.owner.split('.').next().unwrap_or_default();
            let words = match place {
                "habitat" | "stores" => words.to_owned(),
                place => format!("{words}, {place}"),
            };
            all.push(Pair { words, unit, ours, theirs, scale, offset });
        }
    }
    all
}

/// Days from which blocks are whole days: fewer blocks say too little of how they scatter.
const DAYS: usize = 10;

/// The rows of some columns by time, µs.
fn rows(
    database: &Database,
    stream: &Stream,
    setting: &Setting,
    columns: &[usize],
) -> Result<BTreeMap<i64, Vec<f64>>, CliError> {
    // What nobody asks for is not read.
    let mut has = vec![false; setting.has.len()];
    columns.iter().for_each(|column| has[*column] = true);
    let narrow = Setting {
        name: None,
        catalogue: setting.catalogue.clone(),
        facts: None,
        has,
        sample_s: None,
        note: String::new(),
    };
    let mut all = BTreeMap::new();
    each_row(database, stream, &narrow, &mut |t_s, row| {
        let values = columns.iter().map(|column| row[*column]).collect();
        all.insert((t_s * 1e6).round() as i64, values);
    })?;
    Ok(all)
}

/// Compare two recordings; none where no channel or no time is common.
///
/// # Errors
/// What the database reports.
pub fn compare(
    database: &Database,
    (a, b): (&Stream, &Stream),
    (setting_a, setting_b): (&Setting, &Setting),
) -> Result<Option<Kindred>, CliError> {
    let pairs = pairs(setting_a, setting_b);
    if pairs.is_empty() {
        return Ok(None);
    }
    let ours: Vec<usize> = pairs.iter().map(|pair| pair.ours).collect();
    let theirs: Vec<usize> = pairs.iter().map(|pair| pair.theirs).collect();
    let (rows_a, rows_b) =
        (rows(database, a, setting_a, &ours)?, rows(database, b, setting_b, &theirs)?);
    let times: Vec<i64> = rows_a.keys().filter(|time| rows_b.contains_key(time)).copied().collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return Ok(None);
    };
    let every_s = (last - first) as f64 / 1e6 / (times.len().max(2) - 1) as f64;
    let day = (DAY_S / every_s.max(1e-6)).round().max(1.0) as usize;
    let (mut differences, mut extremes, mut plots) = (Vec::new(), Vec::new(), Vec::new());
    for (at, pair) in pairs.iter().enumerate() {
        let shown = |rows: &BTreeMap<i64, Vec<f64>>, time: &i64| {
            rows.get(time).map_or(f64::NAN, |row| row[at] * pair.scale + pair.offset)
        };
        let both: Vec<(f64, f64, f64)> = times
            .iter()
            .map(|time| (*time as f64 / 1e6, shown(&rows_a, time), shown(&rows_b, time)))
            .filter(|(_, x, y)| x.is_finite() && y.is_finite())
            .collect();
        if both.is_empty() {
            continue;
        }
        let apart: Vec<f64> = both.iter().map(|(_, x, y)| x - y).collect();
        // Lives have the rhythm of a day: blocks have whole ones, where there are enough of them.
        let length = block_length(&apart);
        let whole = if both.len() >= DAYS * day { length.max(day) } else { length };
        let found = block_mean(&apart, whole.min(both.len() / 4), at as u64 + 1);
        let mean =
            |of: fn(&(f64, f64, f64)) -> f64| both.iter().map(of).sum::<f64>() / both.len() as f64;
        let means = (mean(|one| one.1), mean(|one| one.2));
        differences.push(Difference::new(&pair.words, pair.unit, means, found));
        let ends = |of: fn(&(f64, f64, f64)) -> f64| {
            let fold = |(low, high): (f64, f64), value: f64| (low.min(value), high.max(value));
            both.iter().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), fold)
        };
        let (x, y) = (ends(|one| one.1), ends(|one| one.2));
        let say = |value: f64| short(super::rounded(value));
        extremes.push(vec![
            pair.words.clone(),
            say(x.0),
            say(y.0),
            say(x.1),
            say(y.1),
            pair.unit.to_owned(),
        ]);
        if plots.len() < PLOTS && apart.iter().any(|value| *value != 0.0) {
            plots.push(plot(pair, &both));
        }
    }
    if differences.is_empty() {
        return Ok(None);
    }
    let note = format!(
        "At the {} times that both have, {:.2} d of mission time. Differences are means over these times, with intervals by a bootstrap over blocks as long as values resemble each other, whole days where there are enough. They tell of these two missions: what is claimed about a controller needs many (`campaign`).",
        times.len(),
        (last - first) as f64 / 1e6 / DAY_S
    );
    let columns = ["extremes", "lowest here", "lowest there", "highest here", "highest there", ""];
    let table = Table {
        title: "Extremes at these times".to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: extremes,
    };
    Ok(Some(Kindred { title: "Channel by channel", note, differences, tables: vec![table], plots }))
}

fn plot(pair: &Pair, both: &[(f64, f64, f64)]) -> Plot {
    let step = both.len().div_ceil(POINTS);
    let thinned = || both.iter().step_by(step);
    let line = |name: &str, points: Vec<(f64, f64)>| Series {
        name: name.to_owned(),
        points,
        ..Series::default()
    };
    Plot {
        title: pair.words.clone(),
        unit: pair.unit.to_owned(),
        series: vec![
            line("this run", thinned().map(|one| (one.0, one.1)).collect()),
            line("the other", thinned().map(|one| (one.0, one.2)).collect()),
        ],
        x: XAxis::PartOfMission,
        ..Plot::default()
    }
}
