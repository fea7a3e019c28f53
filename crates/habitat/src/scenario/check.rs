//! What a scenario must fulfil beyond its types: ranges, names, references, schedules, time steps.
//!
//! The checks work on the data alone and answer with the path of a key; [`super::Loaded`] knows
//! where that key stands in which file.

use std::collections::BTreeSet;

use catalogue::{Alias, Unit};
use physics::moist_air::saturation_pressure_pa;
use serde_json::Value;

use crate::fault::kind::units_of;
use crate::fault::{Kind as FaultKind, Mode};
use crate::{Plan, PlanError};

use super::decode::nearest;
use super::error::{Kind, Problem, number, short};
use super::range::range_of;
use super::timing::{schedules, times};
use super::vary::vary;
use super::{Atmosphere, Scenario, SensorMode};

/// Zones that a plan may have.
pub const ZONES_MAX: usize = 16;
/// People that a plan may have.
pub const CREW_MAX: usize = 12;

/// Names that channel ids use for something else, and which no zone may take.
const RESERVED_ZONES: &[&str] = &["crew", "habitat", "ledger", "stores", "water"];
/// Names that channel ids use for something else inside a zone, and which no unit may take.
const RESERVED_UNITS: &[&str] = &["air", "equipment", "fans", "heater", "hull", "structure"];

/// Numbers that a scenario may leave out.
const OPTIONS: &[&str] =
    &[".isothermal_k", ".relief_pa", ".hole_mm", ".amount", ".offset", ".sample_s"];

/// Check a scenario; a scenario that passes compiles unless a telemetry column names a channel that
/// the habitat does not have.
///
/// # Errors
/// The first [`Problem`]: a number outside its range, a name that is wrong or used twice or names
/// nothing, a schedule with a hole, times that do not divide each other, values that cannot be true
/// together. In the order in which they are looked at:
///
/// - [`Kind::OutOfRange`]: number of zones and people, then every number against its range
///   ([`Kind::NotFinite`] for NaN and infinities, [`Kind::Version`] for another format);
/// - [`Kind::TimeStep`]: step, decision interval and duration;
/// - [`Kind::BadName`], [`Kind::Duplicate`]: names of the scenario, zones, people, source terms, units
///   and columns;
/// - [`Kind::UnknownName`]: zones and heat exchangers that are referred to;
/// - [`Kind::Schedule`]: people's days and prescribed flows;
/// - [`Kind::Inconsistent`]: atmospheres, stores, units;
/// - [`Kind::WrongUnit`], [`Kind::UnknownName`]: telemetry columns.
///
/// # Examples
/// ```
/// use lunar_habitat_habitat::scenario::{self, Kind};
/// let mut scenario = scenario::load("cabin-30d")?.scenario;
/// assert!(scenario::check(&scenario).is_ok());
/// scenario.dt_s = 7.0; // does not divide the decision interval of 600 s
/// let problem = scenario::check(&scenario).unwrap_err();
/// assert_eq!((problem.kind, problem.path.as_str()), (Kind::TimeStep, "dt_s"));
/// # Ok::<(), scenario::ScenarioError>(())
/// ```
/// # Tests
/// `scenario_bad_input::a_scenario_changed_by_a_program_is_checked_too`, and one test of that file
/// for every kind above.
pub fn check(scenario: &Scenario) -> Result<(), Box<Problem>> {
    counts(scenario)?;
    let value = serde_json::to_value(scenario).map_err(|error| {
        Problem::new(Kind::Inconsistent, "", "no canonical form", error.to_string(), "plain data")
    })?;
    ranges(&value, &mut String::new())?;
    times(scenario)?;
    names(scenario)?;
    references(scenario)?;
    schedules(scenario)?;
    atmospheres(scenario)?;
    stores(scenario)?;
    units(scenario)?;
    systems(scenario)?;
    sensor_events(scenario)?;
    telemetry(scenario)?;
    vary(scenario)
}

/// One to [`ZONES_MAX`] zones, none to [`CREW_MAX`] people.
fn counts(scenario: &Scenario) -> Result<(), Box<Problem>> {
    let zones = scenario.zones.len();
    if zones == 0 || zones > ZONES_MAX {
        let allowed = format!("1 to {ZONES_MAX} zones");
        return Err(Problem::new(
            Kind::OutOfRange,
            "zone",
            "number of zones",
            zones.to_string(),
            allowed,
        ));
    }
    let crew = scenario.crew.len();
    if crew > CREW_MAX {
        let allowed = format!("0 to {CREW_MAX} people");
        return Err(Problem::new(
            Kind::OutOfRange,
            "crew",
            "number of people",
            crew.to_string(),
            allowed,
        ));
    }
    Ok(())
}

/// Hold every number against its range; `path` is the path of `value`.
fn ranges(value: &Value, path: &mut String) -> Result<(), Box<Problem>> {
    let length = path.len();
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                ranges(inner, path)?;
                path.truncate(length);
            }
            Ok(())
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                ranges(inner, path)?;
                path.truncate(length);
            }
            Ok(())
        }
        Value::Number(found) => {
            let (Some(range), Some(found)) = (range_of(path), found.as_f64()) else {
                return Ok(());
            };
            if range.contains(found) {
                return Ok(());
            }
            let unit =
                if range.unit.is_empty() { String::new() } else { format!(" {}", range.unit) };
            let found = format!("{}{unit}", number(found));
            let kind = if range.key == "schema" { Kind::Version } else { Kind::OutOfRange };
            Err(Problem::new(kind, path.as_str(), "out of range", found, range.words()))
        }
        // Serialisation writes NaN and infinities as null, and so it writes an absent option.
        Value::Null if !OPTIONS.iter().any(|key| path.ends_with(key)) => match range_of(path) {
            Some(range) => {
                let allowed = format!("a finite number, {}", range.words());
                Err(Problem::new(
                    Kind::NotFinite,
                    path.as_str(),
                    "not a finite number",
                    "NaN or infinity",
                    allowed,
                ))
            }
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whether a text may be a part of a channel id: a lower case letter, then those, digits and `_`.
fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// A named thing: path of its table, its name.
type Named<'a> = (String, &'a str);

/// Every unit: path of its table, its name, its zone.
fn all_units(scenario: &Scenario) -> Vec<(String, &str, &str)> {
    let mut units = Vec::new();
    macro_rules! collect {
        ($($key:literal $list:ident),+ $(,)?) => {
            $(for (index, unit) in scenario.$list.iter().enumerate() {
                units.push((format!("{}[{index}]", $key), unit.name.as_str(), unit.zone.as_str()));
            })+
        };
    }
    collect!(
        "acs" acs, "oga" oga, "cdra" cdra, "sabatier" sabatier, "ccaa" ccaa, "tccs" tccs,
        "lioh" lioh, "candle" candles, "wpa" wpa, "upa" upa, "brine_processor" brine_processors,
    );
    units
}

/// Names fit into channel ids, are not reserved, and occur once in their group.
///
/// Units are one group, whatever their kind and zone: a name alone tells a unit.
fn names(scenario: &Scenario) -> Result<(), Box<Problem>> {
    let name = &scenario.name;
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !name.starts_with(word) || !name.chars().all(|c| word(c) || c == '_' || c == '-') {
        return Err(Problem::new(
            Kind::BadName,
            "name",
            "not a scenario name",
            format!("\"{}\"", short(name)),
            "lower case letters, digits, `-` and `_`, a letter or digit first",
        ));
    }
    let list = |key: &str, names: Vec<&'_ str>| -> Vec<(String, String)> {
        names
            .iter()
            .enumerate()
            .map(|(i, name)| (format!("{key}[{i}]"), (*name).to_owned()))
            .collect()
    };
    let zones = list("zone", scenario.zones.iter().map(|z| z.name.as_str()).collect());
    let crew = list("crew", scenario.crew.iter().map(|c| c.name.as_str()).collect());
    let terms =
        list("source_term", scenario.source_terms.iter().map(|s| s.name.as_str()).collect());
    let columns = list(
        "telemetry.column",
        scenario.telemetry.columns.iter().map(|c| c.name.as_str()).collect(),
    );
    let units: Vec<(String, String)> =
        all_units(scenario).into_iter().map(|(path, name, _)| (path, name.to_owned())).collect();
    for (group, what, reserved) in [
        (&zones, "zone", RESERVED_ZONES),
        (&crew, "person", &[][..]),
        (&terms, "source term", &[][..]),
        (&units, "unit", RESERVED_UNITS),
        (&columns, "telemetry column", &["time_s"][..]),
    ] {
        distinct(group.iter().map(|(path, name)| (path.clone(), name.as_str())), what, reserved)?;
    }
    Ok(())
}

/// Refuse the first name of a group that is no name, is reserved or was there before.
fn distinct<'a>(
    group: impl Iterator<Item = Named<'a>>,
    what: &str,
    reserved: &[&str],
) -> Result<(), Box<Problem>> {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (path, name) in group {
        let path = format!("{path}.name");
        let found = format!("\"{}\"", short(name));
        if !is_name(name) {
            let allowed = "a lower case letter, then lower case letters, digits and `_`";
            return Err(Problem::new(
                Kind::BadName,
                path,
                format!("not a name of a {what}"),
                found,
                allowed,
            ));
        }
        if reserved.contains(&name) {
            let allowed = format!("any name but {}", quoted(reserved.iter().copied()));
            return Err(Problem::new(
                Kind::BadName,
                path,
                format!("reserved name of a {what}"),
                found,
                allowed,
            ));
        }
        if !seen.insert(name) {
            let allowed = format!("a name that no other {what} has");
            return Err(Problem::new(
                Kind::Duplicate,
                path,
                format!("name of a {what} used twice"),
                found,
                allowed,
            ));
        }
    }
    Ok(())
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Refuse a zone that does not exist.
fn zone_exists(scenario: &Scenario, path: String, zone: &str) -> Result<(), Box<Problem>> {
    let known = || scenario.zones.iter().map(|zone| zone.name.as_str());
    if known().any(|name| name == zone) {
        return Ok(());
    }
    let problem = Problem::new(
        Kind::UnknownName,
        path,
        "no such zone",
        format!("\"{}\"", short(zone)),
        quoted(known()),
    );
    Err(match nearest(zone, known()) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem,
    })
}

/// What a scenario refers to exists: zones, heat exchangers in the zone of their removal unit; and
/// no two zones are linked twice, nor one to itself.
fn references(scenario: &Scenario) -> Result<(), Box<Problem>> {
    let mut pairs: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (i, link) in scenario.ventilation.iter().enumerate() {
        zone_exists(scenario, format!("ventilation[{i}].from"), &link.from)?;
        zone_exists(scenario, format!("ventilation[{i}].to"), &link.to)?;
        if link.from == link.to {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("ventilation[{i}].to"),
                "ventilation from a zone to itself",
                format!("\"{}\"", link.to),
                format!("a zone other than `{}`", link.from),
            ));
        }
        let pair = if link.from < link.to {
            (link.from.as_str(), link.to.as_str())
        } else {
            (link.to.as_str(), link.from.as_str())
        };
        if !pairs.insert(pair) {
            return Err(Problem::new(
                Kind::Duplicate,
                format!("ventilation[{i}]"),
                "two zones linked twice",
                format!("\"{}\" and \"{}\" again", link.from, link.to),
                "one ventilation for each pair of zones",
            ));
        }
    }
    for (i, term) in scenario.source_terms.iter().enumerate() {
        zone_exists(scenario, format!("source_term[{i}].zone"), &term.zone)?;
    }
    for (i, person) in scenario.crew.iter().enumerate() {
        for (j, block) in person.schedule.iter().enumerate() {
            zone_exists(scenario, format!("crew[{i}].schedule[{j}].zone"), &block.zone)?;
        }
    }
    for (path, _, zone) in all_units(scenario) {
        zone_exists(scenario, format!("{path}.zone"), zone)?;
    }
    for (i, member) in scenario.crew.iter().enumerate() {
        let Some(illness) = member.illness.filter(|illness| illness.to_h <= illness.from_h) else {
            continue;
        };
        return Err(Problem::new(
            Kind::Inconsistent,
            format!("crew[{i}].illness.to_h"),
            "illness that ends before it begins",
            format!("{} h", number(illness.to_h)),
            format!("more than from_h = {} h", number(illness.from_h)),
        ));
    }
    for (i, cdra) in scenario.cdra.iter().enumerate() {
        let Some(name) = &cdra.ccaa else { continue };
        let path = format!("cdra[{i}].ccaa");
        let here: Vec<&str> =
            scenario.ccaa.iter().filter(|c| c.zone == cdra.zone).map(|c| c.name.as_str()).collect();
        if here.contains(&name.as_str()) {
            continue;
        }
        let allowed = if here.is_empty() {
            format!("no key `ccaa`, because zone `{}` has no ccaa", cdra.zone)
        } else {
            format!("a ccaa of zone `{}`: {}", cdra.zone, quoted(here.into_iter()))
        };
        let elsewhere = scenario.ccaa.iter().find(|ccaa| &ccaa.name == name);
        let (what, found) = match elsewhere {
            Some(ccaa) => (
                "ccaa in another zone",
                format!("\"{}\", which is in zone `{}`", short(name), ccaa.zone),
            ),
            None => ("no such ccaa", format!("\"{}\"", short(name))),
        };
        return Err(Problem::new(Kind::UnknownName, path, what, found, allowed));
    }
    Ok(())
}

/// Partial pressures fit into totals, in every atmosphere and in the set-points of make-up.
fn atmospheres(scenario: &Scenario) -> Result<(), Box<Problem>> {
    air("atmosphere", &scenario.atmosphere)?;
    for (i, zone) in scenario.zones.iter().enumerate() {
        if let Some(atmosphere) = &zone.atmosphere {
            air(&format!("zone[{i}].atmosphere"), atmosphere)?;
        }
    }
    for (i, acs) in scenario.acs.iter().enumerate() {
        if acs.pp_o2_pa > acs.p_total_pa {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("acs[{i}].pp_o2_pa"),
                "O2 set-point above the total pressure",
                format!("{} Pa", number(acs.pp_o2_pa)),
                format!("at most p_total_pa = {} Pa", number(acs.p_total_pa)),
            ));
        }
    }
    Ok(())
}

/// Check that the partial pressures of an atmosphere fit into its total pressure.
fn air(path: &str, air: &Atmosphere) -> Result<(), Box<Problem>> {
    let water = air.relative_humidity * saturation_pressure_pa(air.temperature_k);
    let others = water + air.pp_co2_pa;
    let vacuum = air.pressure_pa == 0.0 && others == 0.0;
    if others >= air.pressure_pa && !vacuum {
        return Err(Problem::new(
            Kind::Inconsistent,
            format!("{path}.pressure_pa"),
            "pressure below the sum of CO2 and water vapour",
            format!("{} Pa", number(air.pressure_pa)),
            format!(
                "more than {others:.1} Pa, which is CO2 {:.1} Pa and water vapour {water:.1} Pa",
                air.pp_co2_pa
            ),
        )
        .or_at(path));
    }
    let dry = air.pressure_pa - water;
    let o2 = air.o2_fraction * dry;
    if o2 + air.pp_co2_pa > dry * (1.0 + 1e-12) {
        return Err(Problem::new(
            Kind::Inconsistent,
            format!("{path}.o2_fraction"),
            "O2 and CO2 exceed the dry gas",
            number(air.o2_fraction),
            format!(
                "at most {:.6}, because CO2 takes {} Pa of {dry:.1} Pa dry gas",
                1.0 - air.pp_co2_pa / dry,
                number(air.pp_co2_pa)
            ),
        )
        .or_at(path));
    }
    Ok(())
}

/// No tank holds more than its capacity at the start.
fn stores(scenario: &Scenario) -> Result<(), Box<Problem>> {
    let stores = &scenario.stores;
    for (key, content, capacity) in [
        ("potable", stores.potable_kg, stores.potable_capacity_kg),
        ("condensate", stores.condensate_kg, stores.condensate_capacity_kg),
        ("urine", stores.urine_kg, stores.urine_capacity_kg),
        ("brine", stores.brine_kg, stores.brine_capacity_kg),
    ] {
        if content > capacity {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("stores.{key}_kg"),
                "store holds more than its capacity",
                format!("{} kg", number(content)),
                format!("at most {key}_capacity_kg = {} kg", number(capacity)),
            )
            .or_at(format!("stores.{key}_capacity_kg")));
        }
    }
    Ok(())
}

/// Production within the largest, air-save shorter than the half-cycle, a reducer where CO2 is
/// sent.
/// Regolith on walls that can warm, darkness that ends after it begins, loads and failing units that
/// exist, loops with their power.
fn systems(scenario: &Scenario) -> Result<(), Box<Problem>> {
    let name = |zone: &str, unit: &str| format!("{zone}.{unit}");
    let one_of = |names: &[String]| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    for (i, zone) in scenario.zones.iter().enumerate() {
        if zone.cover_m2 > 0.0 && zone.structure_j_k <= 0.0 {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("zone[{i}].cover_m2"),
                "regolith on a wall without heat capacity",
                format!("{} m2", number(zone.cover_m2)),
                "0 m2, or structure_j_k above 0",
            ));
        }
    }
    if let Some(power) = &scenario.power {
        for (i, span) in power.site.darkness.iter().enumerate() {
            if span.to_h <= span.from_h {
                return Err(Problem::new(
                    Kind::Inconsistent,
                    format!("power.site.darkness[{i}].to_h"),
                    "darkness that ends before it begins",
                    format!("{} h", number(span.to_h)),
                    format!("more than from_h = {} h", number(span.from_h)),
                ));
            }
        }
        let mut loads = Vec::new();
        loads.extend(scenario.cdra.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.ccaa.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.oga.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.wpa.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.upa.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.sabatier.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.zones.iter().map(|z| name(&z.name, "equipment")));
        loads.extend(scenario.zones.iter().map(|z| name(&z.name, "fans")));
        let heated = scenario.zones.iter().filter(|z| z.heater_w > 0.0);
        loads.extend(heated.map(|z| name(&z.name, "heater")));
        loads.extend(scenario.tccs.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.lioh.iter().map(|u| name(&u.zone, &u.name)));
        loads.extend(scenario.brine_processors.iter().map(|u| name(&u.zone, &u.name)));
        for (i, load) in power.shed_order.iter().enumerate() {
            let what = if !loads.contains(load) {
                "no such load"
            } else if power.shed_order[..i].contains(load) {
                "load shed twice"
            } else {
                continue;
            };
            return Err(Problem::new(
                Kind::UnknownName,
                format!("power.shed_order[{i}]"),
                what,
                format!("`{load}`"),
                format!("each once of {}", one_of(&loads)),
            ));
        }
    } else if scenario.thermal.is_some() {
        return Err(Problem::new(
            Kind::Inconsistent,
            "thermal",
            "a coolant loop without power",
            "[thermal] and no [power]",
            "[power] beside it, for its pumps and its sun",
        ));
    }
    fault_events(scenario)
}

/// An offset for a bias, and for nothing else, and channels that are measured.
fn sensor_events(scenario: &Scenario) -> Result<(), Box<Problem>> {
    for (i, event) in scenario.sensors.iter().flat_map(|sensors| &sensors.events).enumerate() {
        let is_bias = event.mode == SensorMode::Bias;
        if is_bias != event.offset.is_some() {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("sensors.event[{i}].offset"),
                if is_bias { "bias without its size" } else { "offset of a mode that has none" },
                event.offset.map_or_else(|| "nothing".to_owned(), number),
                if is_bias {
                    "`offset`, in the unit of the channel"
                } else {
                    "`offset` with `bias` only"
                },
            )
            .or_at(format!("sensors.event[{i}].mode")));
        }
    }
    // Which channels are measured is known to the compiled plan alone.
    let has_events = scenario.sensors.as_ref().is_some_and(|sensors| !sensors.events.is_empty());
    if has_events
        && let Err(PlanError::Unknown { place, found, known, .. }) =
            Plan::compile(scenario, [0; 32])
        && place.starts_with("sensors.event")
    {
        return Err(Problem::new(
            Kind::UnknownName,
            place,
            "no such measured channel",
            format!("`{found}`"),
            format!("one of {known}"),
        ));
    }
    Ok(())
}

/// Failures of units that exist, in modes that they know, with what a mode needs.
fn fault_events(scenario: &Scenario) -> Result<(), Box<Problem>> {
    let units = units_of(scenario);
    let quoted = |names: &mut dyn Iterator<Item = &str>| {
        names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    for (i, event) in scenario.faults.iter().flat_map(|faults| &faults.events).enumerate() {
        let at = |key: &str| format!("faults.event[{i}].{key}");
        let Some((_, kind, _)) = units.iter().find(|(unit, ..)| *unit == event.unit) else {
            return Err(Problem::new(
                Kind::UnknownName,
                at("unit"),
                "no such unit",
                format!("`{}`", event.unit),
                format!("one of {}", quoted(&mut units.iter().map(|(unit, ..)| unit.as_str()))),
            ));
        };
        let modes = kind.modes();
        if !modes.iter().any(|(mode, _)| *mode == Mode::of(event.mode)) {
            return Err(Problem::new(
                Kind::Inconsistent,
                at("mode"),
                "mode that this unit does not know",
                format!("`{}` for `{}`", Mode::of(event.mode).name(), event.unit),
                format!("one of {}", quoted(&mut modes.iter().map(|(mode, _)| mode.name()))),
            )
            .or_at(at("unit")));
        }
        let is_hull = *kind == FaultKind::Hull;
        if is_hull != event.hole_mm.is_some() {
            return Err(Problem::new(
                Kind::Inconsistent,
                at("hole_mm"),
                if is_hull { "hole without its size" } else { "hole in a unit that has no wall" },
                event
                    .hole_mm
                    .map_or_else(|| "nothing".to_owned(), |mm| format!("{} mm", number(mm))),
                if is_hull { "`hole_mm`, more than 0" } else { "`hole_mm` for a `…hull` only" },
            )
            .or_at(at("unit")));
        }
        if event.amount.is_some() && kind.is_inside() {
            return Err(Problem::new(
                Kind::Inconsistent,
                at("amount"),
                "amount for a unit that has none",
                format!("`{}`", event.unit),
                "`amount` for `habitat.array` and `habitat.radiator` only",
            ));
        }
    }
    Ok(())
}

fn units(scenario: &Scenario) -> Result<(), Box<Problem>> {
    for (i, oga) in scenario.oga.iter().enumerate() {
        if oga.o2_kg_d > oga.o2_max_kg_d {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("oga[{i}].o2_kg_d"),
                "production above the largest production",
                format!("{} kg/d", number(oga.o2_kg_d)),
                format!("at most o2_max_kg_d = {} kg/d", number(oga.o2_max_kg_d)),
            ));
        }
    }
    for (i, cdra) in scenario.cdra.iter().enumerate() {
        if cdra.air_save_min >= cdra.half_cycle_min {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("cdra[{i}].air_save_min"),
                "air-save as long as the half-cycle",
                format!("{} min", number(cdra.air_save_min)),
                format!("less than half_cycle_min = {} min", number(cdra.half_cycle_min)),
            )
            .or_at(format!("cdra[{i}].half_cycle_min")));
        }
        if cdra.feed_reducer && scenario.sabatier.is_empty() {
            return Err(Problem::new(
                Kind::Inconsistent,
                format!("cdra[{i}].feed_reducer"),
                "CO2 for a reducer that does not exist",
                "feed_reducer = true and no [[sabatier]]",
                "false, or a [[sabatier]]",
            ));
        }
    }
    Ok(())
}

/// Columns have the form of a channel id and of a unit.
///
/// Whether the channel exists, and whether the unit fits its quantity, is known once the scenario
/// is compiled; whoever writes telemetry refuses it then by [`super::Loaded::refuse`].
fn telemetry(scenario: &Scenario) -> Result<(), Box<Problem>> {
    for (i, column) in scenario.telemetry.columns.iter().enumerate() {
        let path = |key: &str| format!("telemetry.column[{i}].{key}");
        let symbol = |text: &str| {
            !text.is_empty()
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        let channel = &column.channel;
        if channel != "time_s"
            && (channel.split('.').count() != 3 || !channel.split('.').all(symbol))
        {
            return Err(Problem::new(
                Kind::UnknownName,
                path("channel"),
                "not a channel id",
                format!("\"{}\"", short(channel)),
                "`time_s`, or an id of three parts as in `living.air.pp_co2_pa`",
            ));
        }
        let unit = &column.unit;
        let trouble = match channel.as_str() {
            "time_s" => Alias::find(Unit::Second, unit).err().map(|error| error.allowed),
            _ if symbol(unit) => None,
            _ => Some("a unit in lower case, as in `torr`, `c` or `kg_d`".to_owned()),
        };
        if let Some(allowed) = trouble {
            let found = format!("\"{}\"", short(unit));
            return Err(Problem::new(
                Kind::WrongUnit,
                path("unit"),
                "not a display unit",
                found,
                allowed,
            ));
        }
    }
    Ok(())
}
