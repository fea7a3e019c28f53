//! Configurations of the predecessor become scenarios that load and fly, with a line about every key; what is not allowed
//! is refused in one sentence with key, value and range.

#![allow(clippy::unwrap_used, clippy::panic)] // Test code outside `#[test]` functions too.

mod player;

use std::sync::Arc;

use habitat::Plan;
use habitat::scenario::{self, FaultMode, Scenario};
use lunar_habitat_env::predecessor::{
    Allowed, Config, ConfigError, Converted, Format, KEYS, Line, MISSION_NAMES, Outcome,
    PRESET_NAMES, convert,
};
use lunar_habitat_env::{Task, TaskOptions};
use player::{Player, key};
use proptest::prelude::*;

/// The conversion of a YAML text; its file means its scenario.
fn converted(yaml: &str) -> Converted {
    let config = Config::read(yaml, Format::Yaml).unwrap_or_else(|error| panic!("{error}"));
    let converted = convert(&config).unwrap_or_else(|error| panic!("{yaml}: {error}"));
    let loaded = scenario::parse("converted.toml", &converted.toml).unwrap();
    assert_eq!(loaded.scenario, converted.scenario);
    converted
}

fn refused(yaml: &str) -> String {
    match Config::read(yaml, Format::Yaml) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("accepted: {yaml}"),
    }
}

fn line<'a>(converted: &'a Converted, key: &str) -> &'a Line {
    converted.lines.iter().find(|line| line.key == key).unwrap_or_else(|| panic!("{key}"))
}

/// A line of YAML that sets one key.
fn one(path: &str, value: &str) -> String {
    match path.split_once('.') {
        Some((table, name)) => format!("{table}:\n  {name}: {value}\n"),
        None => format!("{path}: {value}\n"),
    }
}

/// A day of the scenario under its own set-points.
fn fly_a_day(model: &Scenario) -> Player {
    let hash = scenario::hash(model).unwrap();
    let plan = Arc::new(Plan::compile(model, hash).unwrap());
    let task = Task::new(plan, TaskOptions::default()).unwrap();
    let mut player = Player::new(&task, key(1, 0, 0));
    for decision in 0..144 {
        let status = player.hold().status;
        assert!(
            !status.is_terminated(),
            "{} is lost at decision {decision}: {status:?}",
            model.name
        );
        if !status.is_running() {
            break;
        }
    }
    player
}

#[test]
fn every_key_has_one_line_and_the_lines_stand_in_order() {
    for name in PRESET_NAMES {
        let converted = convert(&Config::preset(name).unwrap()).unwrap();
        let told: Vec<&str> = converted.lines.iter().map(|line| line.key.as_str()).collect();
        let keys: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
        assert_eq!(told, keys);
        for line in &converted.lines {
            assert_eq!(line.to.is_empty(), line.outcome == Outcome::Dropped, "{}", line.key);
            assert!(line.outcome != Outcome::Dropped || !line.reason.is_empty(), "{}", line.key);
        }
    }
}

#[test]
fn both_ends_of_every_range_load_and_what_lies_beyond_is_refused() {
    for key in KEYS {
        let (low, high) = match key.allowed {
            Allowed::Number { low, high } | Allowed::Whole { low, high } => (low, high),
            Allowed::Flag => {
                converted(&one(key.path, "false"));
                let message = refused(&one(key.path, "1"));
                assert_eq!(message, format!("{}: found 1; allowed true or false", key.path));
                continue;
            }
            Allowed::Word(words) => {
                for word in words {
                    converted(&one(key.path, word));
                }
                let message = refused(&one(key.path, "elsewhere"));
                assert!(
                    message.starts_with(&format!("{}: found \"elsewhere\"; allowed", key.path))
                );
                assert!(words.iter().all(|word| message.contains(word)), "{message}");
                continue;
            }
            Allowed::Text => {
                converted(&one(key.path, "\"Ünïcode, \\\"quotes\\\" and\\nlines\""));
                let message = refused(&one(key.path, "12"));
                assert_eq!(message, format!("{}: found 12; allowed a text in quotes", key.path));
                continue;
            }
        };
        for value in [low, high] {
            let converted = converted(&one(key.path, &format!("{value:?}")));
            assert!(line(&converted, key.path).is_given);
        }
        let beyond = [low - 1e-3 * (1.0 + low.abs()), high * 1.001 + 1e-3, f64::NAN, f64::INFINITY];
        for value in beyond {
            let shown = match value {
                value if value.is_nan() => ".nan".to_owned(),
                value if value.is_infinite() => ".inf".to_owned(),
                value => format!("{value:?}"),
            };
            let message = refused(&one(key.path, &shown));
            let words = key.words();
            assert!(message.starts_with(&format!("{}: found ", key.path)), "{message}");
            assert!(message.ends_with(&format!("; allowed {words}")), "{message}");
            assert!(!message.contains('\n'), "{message}");
        }
        for wrong in ["\"12\"", "true", "~", "[1]", "{a: 1}"] {
            let message = refused(&one(key.path, wrong));
            assert!(message.contains(&key.words()), "{message}");
        }
        if matches!(key.allowed, Allowed::Whole { .. }) {
            assert!(refused(&one(key.path, "2.5")).contains("found 2.5; allowed a whole number"));
        }
    }
}

#[test]
fn keys_that_do_not_exist_are_refused_with_those_that_do() {
    for (text, start, named) in [
        ("volum: 200\n", "volum: found a key that does not exist; allowed ", "`volume`"),
        ("crew: {sise: 4}\n", "crew.sise: found a key that does not exist; allowed ", "`size`"),
        ("scenario: {event: []}\n", "scenario.event: found", "`events`"),
        ("physics: {solver: x}\n", "physics.solver: found", "`thermal_solver`"),
        ("crew: 4\n", "crew: found 4; allowed a table", ""),
        ("- 1\n", "the configuration: found a list of 1; allowed a table of keys", ""),
        ("scenario: {events: 3}\n", "scenario.events: found 3; allowed a list of events", ""),
    ] {
        let message = refused(text);
        assert!(message.starts_with(start) && message.contains(named), "{message}");
        assert!(!message.contains('\n'));
    }
}

#[test]
fn files_are_read_by_their_language_and_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let json =
        Config::load(&write("a.json", b"{\"volume\": 180, \"crew\": {\"size\": 3}}")).unwrap();
    let yaml = Config::load(&write("a.yaml", b"volume: 180\ncrew:\n  size: 3\n")).unwrap();
    assert_eq!(json, yaml);
    assert_eq!(Config::load("mars_analog").unwrap(), Config::preset("mars_analog").unwrap());
    for (path, words) in [
        (folder.path().join("none.json").display().to_string(), "`nasa_reference`"),
        (write("b.json", b"{\"volume\": "), "JSON, line 1"),
        (write("c.yaml", b"volume: [1\n"), "YAML, line"),
        (write("d.yaml", b"name: \xff\xfe\n"), "text in UTF-8"),
        (write("e.yaml", &b"# long\n".repeat(200_000)), "at most 1000000 bytes"),
        (folder.path().display().to_string(), "cannot be read"),
    ] {
        let message = Config::load(&path).unwrap_err().to_string();
        assert!(message.contains(words) && !message.contains('\n'), "{message}");
    }
    assert_eq!(
        convert(&Config::load(&write("f.yaml", b"")).unwrap()).unwrap().lines.len(),
        KEYS.len()
    );
}

#[test]
fn presets_fly_a_day_with_everybody_well() {
    for name in PRESET_NAMES {
        let converted = convert(&Config::preset(name).unwrap()).unwrap();
        let player = fly_a_day(&converted.scenario);
        let cabin = player.episode.habitat();
        assert_eq!(cabin.crew_alive(), 4, "{name}");
        assert!(cabin.mass_residual_max() < 1e-9 && cabin.energy_residual_max() < 1e-9, "{name}");
        let config = Config::preset(name).unwrap();
        let near = |quantity: &str, wanted: f64, share: f64| {
            let found = player.read(quantity);
            assert!((found / wanted - 1.0).abs() < share, "{name}, {quantity}: {found}");
        };
        near("air.p_total_pa_max", 1e3 * config.number("pressure_nominal"), 0.03);
        let o2_pa = converted.scenario.acs[0].pp_o2_pa;
        near("air.pp_o2_pa_max", o2_pa, 0.04);
        let (cold_k, warm_k) = (player.read("air.t_k_min"), player.read("air.t_k_max"));
        assert!(cold_k > 288.0 && warm_k < 303.0, "{name}: {cold_k} to {warm_k} K");
    }
}

#[test]
fn pure_oxygen_leaves_room_for_vapour_and_co2() {
    let apollo = convert(&Config::preset("apollo_derived").unwrap()).unwrap();
    let air = apollo.scenario.atmosphere;
    assert!(air.pressure_pa == 68_900.0 && air.o2_fraction > 0.99);
    assert!(line(&apollo, "o2_nominal").reason.contains("water vapour"));
    assert!(refused("o2_nominal: 68.9\n").contains("allowed 16 to 30 kPa"));
}

#[test]
fn quantities_keep_their_meaning() {
    let text = "volume: 624\npressure_nominal: 70\no2_nominal: 20\nsolar_capacity: 24\nbattery_capacity: 80\n\
        fuel_cell_capacity: 0\nwater_storage: 500\ntemp_nominal: 20\nfan_power: 110\nheater_capacity: 2000\n\
        emergency_o2_reserve: 480\n";
    let Converted { scenario: model, toml, .. } = converted(text);
    let base = scenario::load("artemis-30d").unwrap().scenario;
    let near =
        |found: f64, wanted: f64| assert!((found / wanted - 1.0).abs() < 2e-5, "{found} {wanted}");
    for (zone, before) in model.zones.iter().zip(&base.zones) {
        near(zone.volume_m3, 2.0 * before.volume_m3);
        near(zone.structure_w_k, before.structure_w_k * 2.0_f64.powf(2.0 / 3.0));
    }
    near(model.zones.iter().map(|zone| zone.heater_w).sum(), 2_000.0);
    near(model.zones.iter().map(|zone| zone.fan_w).sum(), 110.0);
    assert_eq!((model.acs[0].p_total_pa, model.acs[0].pp_o2_pa), (70_000.0, 20_000.0));
    // 24 kW is what 70 m2 give at 1 AU.
    let power = model.power.unwrap();
    assert!((power.array_m2 / 70.0 - 1.0).abs() < 0.03, "{}", power.array_m2);
    assert_eq!((power.battery_kwh, power.fuel_cell_kw), (80.0, 0.0));
    assert_eq!((model.stores.potable_capacity_kg, model.stores.potable_kg), (500.0, 400.0));
    near(model.atmosphere.temperature_k, 293.15);
    near(model.ccaa[0].set_point_k, 289.15);
    // Twenty days of oxygen for four people at 0.895 kg/d.
    near(model.stores.o2_kg, 71.6);
    assert!(toml.contains("extends = \"artemis-30d\"") && !toml.contains("[[crew]]"), "{toml}");
}

#[test]
fn every_mission_at_every_difficulty_loads() {
    for mission in MISSION_NAMES {
        for difficulty in ["easy", "nominal", "hard", "extreme"] {
            let text = format!("scenario: {{name: {}, difficulty: {difficulty}}}\n", mission.name);
            let converted = converted(&text);
            let told = line(&converted, "scenario.name");
            assert!(told.to.contains(mission.scenario) && told.reason == mission.note);
            let factor = converted.scenario.faults.as_ref().unwrap().rate_factor;
            assert_eq!(factor > 1.0, ["hard", "extreme"].contains(&difficulty), "{text}: {factor}");
        }
    }
}

#[test]
fn what_the_configuration_says_is_not_drawn_by_its_difficulty() {
    let text = "water_storage: 500\nscenario: {difficulty: hard}\n";
    let hard = scenario::load_at("artemis-30d", scenario::Difficulty::Hard).unwrap().scenario;
    let drawn = |model: &Scenario| model.vary.iter().map(|v| v.key.clone()).collect::<Vec<_>>();
    assert!(drawn(&hard).contains(&"stores.potable_kg".to_owned()));
    let converted = converted(text);
    let expected: Vec<String> =
        drawn(&hard).into_iter().filter(|key| key != "stores.potable_kg").collect();
    assert_eq!(drawn(&converted.scenario), expected);
    assert!(line(&converted, "scenario.difficulty").reason.contains("stores.potable_kg"));
}

#[test]
fn any_number_of_people_has_a_file() {
    for size in 1..=12 {
        let converted = converted(&format!("crew: {{size: {size}}}\n"));
        assert_eq!(converted.scenario.crew.len(), size);
        // A file that extends another one cannot take people away.
        assert_eq!(converted.toml.contains("extends"), size >= 4, "{size}");
    }
    let one = converted("crew: {size: 1}\n");
    assert_eq!(fly_a_day(&one.scenario).episode.habitat().crew_alive(), 1);
}

#[test]
fn a_longer_mission_carries_food_for_its_days() {
    let long = converted("scenario: {duration_days: 60}\n");
    let base = scenario::load("artemis-30d").unwrap().scenario;
    let factor = long.scenario.stores.food_dry_kg / base.stores.food_dry_kg;
    assert!((factor - 2.0).abs() < 1e-3, "{factor}");
}

#[test]
fn events_become_failures_illnesses_and_silent_instruments() {
    let text = "
scenario:
  duration_days: 90
  events:
    - {day: 30, type: solar_array_fault, severity: 0.3}
    - {day: 31, type: micrometeorite_strike, severity: 0.5}
    - {day: 32, type: crew_medical_emergency, crew_id: 2}
    - {day: 33, type: crew_injury, crew_id: 2}
    - {day: 34, type: dust_storm, duration: 72}
    - {day: 35, type: pump_failure}
    - {day: 36, type: valve_stuck}
    - {day: 37, type: sensor_failure}
    - {day: 45, type: resupply_arrival, supplies: {food: 10}}
    - {day: 46, type: alien_visit}
    - {day: 91, type: pump_failure}
";
    let converted = converted(text);
    let model = &converted.scenario;
    let events: Vec<(&str, f64, FaultMode)> = model
        .faults
        .as_ref()
        .unwrap()
        .events
        .iter()
        .map(|event| (event.unit.as_str(), event.at_h / 24.0, event.mode))
        .collect();
    let expected = [
        ("habitat.array", 30.0, FaultMode::Degraded),
        ("laboratory.hull", 31.0, FaultMode::Leaking),
        ("habitat.array", 34.0, FaultMode::Dusty),
        ("habitat.radiator", 34.0, FaultMode::Dusty),
        ("habitat.low_pump", 35.0, FaultMode::Failed),
        ("living.cdra", 36.0, FaultMode::Stuck),
    ];
    assert_eq!(events, expected);
    let fault = &model.faults.as_ref().unwrap().events[1];
    assert_eq!(fault.hole_mm, Some(5.0));
    assert_eq!(model.crew[2].illness.unwrap().from_h, 768.0);
    assert_eq!(model.sensors.as_ref().unwrap().events[0].sensor, "living.air.pp_co2_pa");
    let outcomes: Vec<Outcome> =
        converted.lines[KEYS.len()..].iter().map(|line| line.outcome).collect();
    use Outcome::{Dropped, Mapped};
    let expected = [
        Mapped, Mapped, Mapped, Dropped, Mapped, Mapped, Mapped, Mapped, Dropped, Dropped, Dropped,
    ];
    assert_eq!(outcomes, expected);
    assert!(line(&converted, "scenario.events[4]").reason.contains("no weather on the Moon"));
    assert!(line(&converted, "scenario.events[10]").reason.contains("after the end"));
}

#[test]
fn events_of_the_mission_stay_beside_those_of_the_configuration() {
    let text =
        "scenario: {name: equipment_cascade_failure, events: [{day: 1, type: pump_failure}]}\n";
    let base = scenario::load("cascade").unwrap().scenario.faults.unwrap().events.len();
    assert_eq!(converted(text).scenario.faults.unwrap().events.len(), base + 1);
}

#[test]
fn a_wrong_event_is_refused_by_its_place() {
    for (event, message) in [
        (
            "{type: dust_storm}",
            "scenario.events[0].day: found nothing; allowed days after the start, 0 to 1000",
        ),
        ("{day: 3}", "scenario.events[0].type: found nothing; allowed a text in quotes"),
        ("{day: -1, type: x}", "scenario.events[0].day: found -1; allowed 0 to 1000 d"),
        ("{day: 1, type: x, severity: 2}", "scenario.events[0].severity: found 2; allowed 0 to 1"),
        ("{day: 1, type: 5}", "scenario.events[0].type: found 5; allowed a text in quotes"),
        (
            "{day: 1, type: x, crew_id: 1.5}",
            "scenario.events[0].crew_id: found 1.5; allowed a whole number, 0 to 11",
        ),
        ("7", "scenario.events[0]: found 7; allowed a table with `day` and `type`"),
    ] {
        assert_eq!(refused(&format!("scenario: {{events: [{event}]}}\n")), message);
    }
}

#[test]
fn what_the_caller_says_counts_before_the_file() {
    let config = Config::preset("mars_analog").unwrap();
    let config = config.with_mission("micrometeorite_strike").unwrap();
    let config = config.with_difficulty("hard").unwrap().with_people(6).unwrap();
    let converted = convert(&config).unwrap();
    assert!(converted.toml.contains("extends = \"micrometeorite-leak\""));
    assert_eq!(converted.scenario.crew.len(), 6);
    for (error, word) in [
        (config.clone().with_mission("moonbase").unwrap_err(), "`nominal_operations`"),
        (config.clone().with_difficulty("brutal").unwrap_err(), "`extreme`"),
        (config.with_people(13).unwrap_err(), "1 to 12 people"),
    ] {
        assert!(matches!(error, ConfigError::Value { .. }) && error.to_string().contains(word));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever is allowed key by key makes a scenario together, and its file means it.
    #[test]
    fn every_allowed_configuration_loads(
        shares in prop::collection::vec(prop_oneof![Just(0.0), Just(1.0), 0.0..1.0_f64], KEYS.len()),
        days in prop::collection::vec(0.0..1_000.0_f64, 0..4),
    ) {
        let mut text = String::new();
        for table in ["", "crew", "physics", "scenario"] {
            if !table.is_empty() {
                text += &format!("{table}:\n");
            }
            for (key, share) in KEYS.iter().zip(&shares) {
                let (of, name) = key.path.split_once('.').unwrap_or(("", key.path));
                if of != table {
                    continue;
                }
                let indent = if table.is_empty() { "" } else { "  " };
                let value = match key.allowed {
                    // Spread by powers, so that small and large sizes both come up.
                    Allowed::Number { low, high } if low > 0.0 && high / low > 100.0 => {
                        format!("{:?}", (low * (high / low).powf(*share)).clamp(low, high))
                    }
                    Allowed::Number { low, high } => format!("{:?}", low + share * (high - low)),
                    Allowed::Whole { low, high } => format!("{}", (low + share * (high - low)).round()),
                    Allowed::Flag => format!("{}", *share > 0.5),
                    Allowed::Word(words) => words[((share * words.len() as f64) as usize).min(words.len() - 1)].to_owned(),
                    Allowed::Text => format!("\"x {share}\""),
                };
                text += &format!("{indent}{name}: {value}\n");
            }
        }
        text += "  events:\n    - {day: 0, type: dust_storm}\n";
        for (place, day) in days.iter().enumerate() {
            let kind = ["solar_array_fault", "micrometeorite_strike", "crew_injury", "valve_stuck"][place % 4];
            text += &format!("    - {{day: {day:?}, type: {kind}, severity: {:?}, crew_id: {place}}}\n", day / 1_000.0);
        }
        converted(&text);
    }
}
