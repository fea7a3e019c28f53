//! Events of a configuration as failures of units, faults of instruments and illnesses of people.
//!
//! | event there | here | assumed |
//! |---|---|---|
//! | `solar_array_fault` | strings of `habitat.array` die, as many as its severity says | – |
//! | `micrometeorite_strike` | a hole in the wall of the largest zone, of several the last | 10 mm at severity 1, so that 0.5 is a hole of `micrometeorite-leak` |
//! | `dust_storm` | dust falls on array and radiator once, on the share that its severity says; there is no weather on the Moon | one fall |
//! | `crew_medical_emergency`, `crew_injury` | the person of `crew_id` is ill | eight days at 1.4 times the metabolic rate, as in `crew-medical-emergency` |
//! | `pump_failure` | the pump of the low-temperature loop fails | which pump |
//! | `valve_stuck` | the first CO2 removal unit is stuck | which valve |
//! | `sensor_failure` | the CO2 instrument of its zone falls silent | which instrument |
//! | everything else, and what comes after the end | dropped | |
//!
//! # Source
//! Types of events: the predecessor's public code of August 2025, its list of failures and its worked examples. It
//! read none of them when it ran, so nothing is known of what they should do beyond their names.

use habitat::scenario::{
    FaultEvent, FaultMode, Faults, Illness, Scenario, SensorEvent, SensorMode,
};

use super::config::Event;
use super::error::{number, one_line};
use super::report::{Line, Outcome};

/// Hole of a strike of severity 1, mm. Assumed.
const HOLE_MM: f64 = 10.0;
/// Severity of a strike that does not say it. Assumed.
const SEVERITY: f64 = 0.5;
/// How long a person is ill, h, and the metabolic rate meanwhile: those of `crew-medical-emergency`.
const ILL: (f64, f64) = (192.0, 1.4);
/// Hours of a day.
const DAY_H: f64 = 24.0;

/// Types that have a counterpart, for the sentence about one that has none.
const TYPES: &str = "`solar_array_fault`, `micrometeorite_strike`, `dust_storm`, `crew_medical_emergency`, \
    `crew_injury`, `pump_failure`, `valve_stuck`, `sensor_failure`";

/// Put an event into `scenario`, and say what became of it.
pub(super) fn place(scenario: &mut Scenario, event: &Event, index: usize) -> Line {
    let placed = if event.day > scenario.duration_days {
        Err(format!("after the end of the mission, day {}", number(scenario.duration_days)))
    } else {
        by_type(scenario, event)
    };
    let (outcome, to, reason) = match placed {
        Ok((to, reason)) => (Outcome::Mapped, to, reason),
        Err(reason) => (Outcome::Dropped, String::new(), reason),
    };
    Line {
        key: format!("scenario.events[{index}]"),
        value: format!("{} on day {}", one_line(&event.kind), number(event.day)),
        unit: "",
        is_given: true,
        outcome,
        to,
        reason,
    }
}

/// What the scenario says for it and why, or why nothing.
fn by_type(scenario: &mut Scenario, event: &Event) -> Result<(String, String), String> {
    let at_h = event.day * DAY_H;
    match event.kind.as_str() {
        "solar_array_fault" => {
            has_array(scenario)?;
            let fault = FaultEvent {
                unit: "habitat.array".to_owned(),
                at_h,
                mode: FaultMode::Degraded,
                amount: event.severity,
                ..FaultEvent::default()
            };
            let share = event.severity.unwrap_or(0.1);
            Ok((fail(scenario, fault), format!("{} of the array dies", number(share))))
        }
        "dust_storm" => {
            has_array(scenario)?;
            let mut told = Vec::new();
            let mut surfaces = vec!["habitat.array"];
            if scenario.thermal.is_some() {
                surfaces.push("habitat.radiator");
            }
            for unit in surfaces {
                let fault = FaultEvent {
                    unit: unit.to_owned(),
                    at_h,
                    mode: FaultMode::Dusty,
                    amount: event.severity,
                    ..FaultEvent::default()
                };
                told.push(fail(scenario, fault));
            }
            let reason = "there is no weather on the Moon: dust falls once, however long a storm is said to last";
            Ok((told.join(", "), reason.to_owned()))
        }
        "micrometeorite_strike" => {
            let largest = scenario.zones.iter().max_by(|a, b| a.volume_m3.total_cmp(&b.volume_m3));
            let zone = largest.map_or_else(String::new, |zone| zone.name.clone());
            let severity = event.severity.unwrap_or(SEVERITY);
            if severity == 0.0 {
                return Err("a strike of severity 0 makes no hole".to_owned());
            }
            let fault = FaultEvent {
                unit: format!("{zone}.hull"),
                at_h,
                mode: FaultMode::Leaking,
                hole_mm: Some(HOLE_MM * severity),
                ..FaultEvent::default()
            };
            let told = fail(scenario, fault);
            Ok((told, format!("a hole of {} mm across (assumed)", number(HOLE_MM * severity))))
        }
        "crew_medical_emergency" | "crew_injury" => ill(scenario, event, at_h),
        "pump_failure" => match scenario.thermal {
            Some(_) => Ok((fail(scenario, failure("habitat.low_pump", at_h)), String::new())),
            None => Err("the scenario has no coolant loop".to_owned()),
        },
        "valve_stuck" => match scenario.cdra.first() {
            Some(unit) => {
                let unit = format!("{}.{}", unit.zone, unit.name);
                let fault = FaultEvent { mode: FaultMode::Stuck, ..failure(&unit, at_h) };
                Ok((fail(scenario, fault), "the valves of CO2 removal (assumed)".to_owned()))
            }
            None => Err("the scenario has no CO2 removal".to_owned()),
        },
        "sensor_failure" => {
            let zone = scenario.zones.first().map_or("", |zone| &zone.name);
            let sensor = format!("{zone}.air.pp_co2_pa");
            let told = format!("sensors.event: {sensor} at {} h, drop_out", number(at_h));
            let mode = SensorMode::DropOut;
            let placed = SensorEvent { sensor, at_h, mode, offset: None };
            scenario.sensors.get_or_insert_default().events.push(placed);
            Ok((told, "the instrument for CO2 (assumed)".to_owned()))
        }
        "resupply_arrival" => Err("nothing is brought to the habitat within a mission".to_owned()),
        _ => Err(format!("no such event here; those that there are: {TYPES}")),
    }
}

fn failure(unit: &str, at_h: f64) -> FaultEvent {
    FaultEvent { unit: unit.to_owned(), at_h, ..FaultEvent::default() }
}

fn has_array(scenario: &Scenario) -> Result<(), String> {
    match &scenario.power {
        Some(power) if power.array_m2 > 0.0 => Ok(()),
        _ => Err("the scenario has no array".to_owned()),
    }
}

/// Add a failure and say it.
fn fail(scenario: &mut Scenario, fault: FaultEvent) -> String {
    let mut told = format!("faults.event: {} at {} h", fault.unit, number(fault.at_h));
    match fault.mode {
        FaultMode::Degraded => told += ", degraded",
        FaultMode::Stuck => told += ", stuck",
        FaultMode::Leaking => told += ", leaking",
        FaultMode::Dusty => told += ", dusty",
        FaultMode::Failed | FaultMode::Slow => told += ", failed",
    }
    // Without a table of failures nothing failed by itself, and nothing does now.
    let none = || Faults { rate_factor: 0.0, ..Faults::default() };
    scenario.faults.get_or_insert_with(none).events.push(fault);
    told
}

/// A person falls ill; nobody twice, since a scenario has one illness a person.
fn ill(scenario: &mut Scenario, event: &Event, at_h: f64) -> Result<(String, String), String> {
    let people = scenario.crew.len();
    let id = event.crew_id.unwrap_or(0);
    let Some(person) = scenario.crew.get_mut(id) else {
        return Err(format!("no person {id}: `crew_id` counts from 0 and the crew is {people}"));
    };
    if person.illness.is_some() {
        return Err(format!("`{}` is ill at another time, and a person is ill once", person.name));
    }
    let (usual_h, metabolic_factor) = ILL;
    let to_h = at_h + event.duration_h.filter(|hours| *hours > 0.0).unwrap_or(usual_h);
    person.illness = Some(Illness { from_h: at_h, to_h, metabolic_factor });
    let told = format!(
        "crew.{}.illness: {} to {} h, metabolic_factor {}",
        person.name,
        number(at_h),
        number(to_h),
        number(metabolic_factor)
    );
    Ok((told, "the ill do no work and breathe more (assumed)".to_owned()))
}
