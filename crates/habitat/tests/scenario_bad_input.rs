//! Every wrong scenario is refused with file, line, column, what was found and what is allowed.

// Helpers outside `#[test]` functions panic on purpose.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lunar_habitat_habitat::scenario::{
    Kind, Problem, Refusal, SHIPPED, ScenarioError, check, load, parse,
};

/// A small sound scenario; the tests break one line of it.
const GOOD: &str = r#"schema = 1
name = "small"
duration_days = 1.0
dt_s = 60.0
decision_s = 600.0

[atmosphere]
pressure_pa = 101_325.0
pp_co2_pa = 267.0

[[zone]]
name = "cabin"
volume_m3 = 50.0

[[zone]]
name = "lock"
volume_m3 = 10.0

[[ventilation]]
from = "cabin"
to = "lock"
flow_m3_h = 100.0

[[source_term]]
name = "lamp"
zone = "cabin"
kind = "heat"
schedule = [
    { from_h = 0.0, to_h = 12.0, w = 10.0 },
    { from_h = 12.0, to_h = 24.0, w = 20.0 },
]

[[crew]]
name = "ada"
sex = "female"
age_y = 38
mass_kg = 68
height_m = 1.68
schedule = [
    { from_h = 0, to_h = 8, activity = "sleep", zone = "cabin" },
    { from_h = 8, to_h = 24, activity = "nominal", zone = "cabin" },
]

[stores]
urine_kg = 2.0
urine_capacity_kg = 40.0

[[ccaa]]
name = "ccaa"
zone = "cabin"
set_point_k = 295.15

[[ccaa]]
name = "ccaa_lock"
zone = "lock"
set_point_k = 295.15

[[cdra]]
name = "cdra"
zone = "cabin"
ccaa = "ccaa"

[[oga]]
name = "oga"
zone = "cabin"
o2_kg_d = 3.58

[[candle]]
name = "candle"
zone = "cabin"
count = 4

[[telemetry.column]]
name = "hour"
channel = "time_s"
unit = "h"
"#;

fn refusal(text: &str) -> Refusal {
    let error = parse("bad.toml", text).expect_err("the scenario is wrong");
    error.refusal().expect("the error has a place").clone()
}

/// Break one place of `GOOD` and hold the whole line of the error against `expected`.
#[track_caller]
fn refused(from: &str, to: &str, kind: Kind, expected: &str) {
    assert_eq!(GOOD.matches(from).count(), 1, "`{from}` must stand in the text once");
    let refusal = refusal(&GOOD.replace(from, to));
    assert_eq!(refusal.to_string(), expected);
    assert_eq!(refusal.problem.kind, kind);
    assert!(refusal.text.get(refusal.span.clone()).is_some(), "the span lies in the text");
}

#[test]
fn the_small_scenario_is_sound() {
    parse("good.toml", GOOD).unwrap();
}

#[test]
fn text_that_is_not_toml() {
    refused(
        "[stores]",
        "[stores",
        Kind::Syntax,
        "bad.toml:44:8: not TOML, unclosed table: found `[stores`; allowed `]`",
    );
    refused(
        "dt_s = 60.0",
        "dt_s = 60.0\ndt_s = 30.0",
        Kind::Syntax,
        "bad.toml:5:1: not TOML, duplicate key: found `dt_s = 30.0`; allowed what TOML allows",
    );
}

#[test]
fn unknown_keys() {
    refused(
        "duration_days = 1.0",
        "duration_days = 1.0\nfuzzy = 1",
        Kind::UnknownKey,
        "bad.toml:4:1: unknown key: found `fuzzy`; allowed `schema`, `name`, `title`, `source`, \
         `duration_days`, `dt_s`, `decision_s`, `atmosphere`, `zone`, `ventilation`, `source_term`, \
         `crew`, `crew_habits`, `stores`, `acs`, `oga`, `cdra`, `sabatier`, `ccaa`, `tccs`, `lioh`, \
         `candle`, `wpa`, `upa`, `brine_processor`, `power`, `thermal`, `faults`, `sensors`, `vary`, `telemetry`",
    );
    refused(
        "flow_m3_h = 100.0",
        "flwo_m3_h = 100.0",
        Kind::UnknownKey,
        "bad.toml:22:1: unknown key: found `flwo_m3_h`; allowed `from`, `to`, `flow_m3_h`, \
         `hatch_m3_s_pa` (did you mean `flow_m3_h`?)",
    );
}

#[test]
fn wrong_units_in_keys() {
    refused(
        "volume_m3 = 50.0",
        "volume_ft3 = 1_765.0",
        Kind::WrongUnit,
        "bad.toml:13:1: wrong unit in key: found `volume_ft3`; allowed `volume_m3`, in m3",
    );
    refused(
        "pressure_pa = 101_325.0",
        "pressure_kpa = 101.325",
        Kind::WrongUnit,
        "bad.toml:8:1: wrong unit in key: found `pressure_kpa`; allowed `pressure_pa`, in Pa",
    );
    refused(
        "pp_co2_pa = 267.0",
        "pp_co2_torr = 2.0",
        Kind::WrongUnit,
        "bad.toml:9:1: wrong unit in key: found `pp_co2_torr`; allowed `pp_co2_pa`, in Pa",
    );
    refused(
        "flow_m3_h = 100.0",
        "flow_cfm = 60.0",
        Kind::WrongUnit,
        "bad.toml:22:1: wrong unit in key: found `flow_cfm`; allowed `flow_m3_h`, in m3/h",
    );
    refused(
        "age_y = 38",
        "age = 38",
        Kind::WrongUnit,
        "bad.toml:36:1: wrong unit in key: found `age`; allowed `age_y`, in years",
    );
    refused(
        "to_h = 12.0, w = 10.0",
        "to_h = 12.0, kw = 0.01",
        Kind::WrongUnit,
        "bad.toml:29:34: wrong unit in key: found `kw`; allowed `kg_d`, in kg/d or `w`, in W",
    );
}

#[test]
fn missing_keys() {
    refused(
        "volume_m3 = 50.0\n",
        "",
        Kind::Missing,
        "bad.toml:11:1: missing key `volume_m3`: found `zone[0]` without it; allowed `volume_m3` = \
         a number, 0.001 to 1000000 m3",
    );
    refused(
        "schema = 1\n",
        "",
        Kind::Missing,
        "bad.toml:1:1: missing key `schema`: found a file without it; allowed `schema = 1`",
    );
}

#[test]
fn wrong_types() {
    refused(
        "volume_m3 = 50.0",
        "volume_m3 = \"50 m3\"",
        Kind::WrongType,
        "bad.toml:13:13: wrong type: found the text \"50 m3\"; allowed a number, 0.001 to \
         1000000 m3",
    );
    refused(
        "count = 4",
        "count = 4.5",
        Kind::WrongType,
        "bad.toml:71:9: wrong type: found 4.5; allowed a whole number, 0 to 10000 candles",
    );
    refused(
        "name = \"cabin\"",
        "name = 7",
        Kind::WrongType,
        "bad.toml:12:8: wrong type: found 7; allowed a text in quotes",
    );
    refused(
        "[[oga]]",
        "[oga]",
        Kind::WrongType,
        "bad.toml:63:1: wrong type: found a table; allowed an array (write [[oga]] for each element)",
    );
    refused(
        "[stores]\nurine_kg = 2.0\nurine_capacity_kg = 40.0",
        "[[stores]]",
        Kind::WrongType,
        "bad.toml:44:1: wrong type: found an array of 1; allowed a table",
    );
    refused(
        "kind = \"heat\"",
        "kind = \"haet\"",
        Kind::UnknownChoice,
        "bad.toml:27:8: unknown choice: found \"haet\"; allowed `o2`, `co2`, `n2`, `h2o`, `heat`, `crop`",
    );
}

#[test]
fn numbers_that_are_none() {
    refused(
        "volume_m3 = 50.0",
        "volume_m3 = nan",
        Kind::NotFinite,
        "bad.toml:13:13: not a finite number: found NaN; allowed a finite number, 0.001 to \
         1000000 m3",
    );
    refused(
        "w = 20.0",
        "w = -inf",
        Kind::NotFinite,
        "bad.toml:30:39: not a finite number: found -inf; allowed a finite number, -1000000 to 1000000 W",
    );
}

#[test]
fn numbers_out_of_range() {
    refused(
        "volume_m3 = 10.0",
        "volume_m3 = -10.0",
        Kind::OutOfRange,
        "bad.toml:17:13: out of range: found -10 m3; allowed 0.001 to 1000000 m3",
    );
    refused(
        "duration_days = 1.0",
        "duration_days = 0",
        Kind::OutOfRange,
        "bad.toml:3:17: out of range: found 0 d; allowed more than 0, up to 3653 d",
    );
    refused(
        "decision_s = 600.0",
        "decision_s = 86460.0",
        Kind::OutOfRange,
        "bad.toml:5:14: out of range: found 86460 s; allowed more than 0, up to 86400 s",
    );
    refused(
        "pressure_pa = 101_325.0",
        "pressure_pa = 1e300",
        Kind::OutOfRange,
        "bad.toml:8:15: out of range: found 1e300 Pa; allowed 0 to 200000 Pa",
    );
    refused(
        "count = 4",
        "count = 5000000000",
        Kind::WrongType,
        "bad.toml:71:9: unusable value: found 5000000000; allowed a whole number, 0 to 10000 candles",
    );
}

#[test]
fn too_many_or_too_few() {
    let zones: String =
        (0..15).map(|i| format!("[[zone]]\nname = \"z{i}\"\nvolume_m3 = 1.0\n")).collect();
    assert_eq!(
        refusal(&format!("{GOOD}{zones}")).to_string(),
        "bad.toml:11:1: number of zones: found 17; allowed 1 to 16 zones"
    );
    let none = "schema = 1\nname = \"x\"\nduration_days = 1\nzone = []\n";
    assert_eq!(
        refusal(none).to_string(),
        "bad.toml:4:8: number of zones: found 0; allowed 1 to 16 zones"
    );
    let person = "[[crew]]\nname = \"NAME\"\nsex = \"male\"\nage_y = 40\nmass_kg = 80\nheight_m = 1.8\n\
                  schedule = [{ from_h = 0, to_h = 24, activity = \"sleep\", zone = \"cabin\" }]\n";
    let people: String = (0..12).map(|i| person.replace("NAME", &format!("p{i}"))).collect();
    assert_eq!(
        refusal(&format!("{GOOD}{people}")).to_string(),
        "bad.toml:33:1: number of people: found 13; allowed 0 to 12 people"
    );
}

#[test]
fn another_version_is_refused_before_its_keys_are_read() {
    refused(
        "schema = 1",
        "schema = 2\nkey_of_the_future = true",
        Kind::Version,
        "bad.toml:1:10: unknown version of the scenario format: found 2; allowed 1",
    );
}

#[test]
fn zones_that_do_not_exist() {
    refused(
        "name = \"oga\"\nzone = \"cabin\"",
        "name = \"oga\"\nzone = \"cabinn\"",
        Kind::UnknownName,
        "bad.toml:65:8: no such zone: found \"cabinn\"; allowed `cabin`, `lock` (did you mean `cabin`?)",
    );
    refused(
        "to = \"lock\"",
        "to = \"attic\"",
        Kind::UnknownName,
        "bad.toml:21:6: no such zone: found \"attic\"; allowed `cabin`, `lock`",
    );
    refused(
        "name = \"lamp\"\nzone = \"cabin\"",
        "name = \"lamp\"\nzone = \"attic\"",
        Kind::UnknownName,
        "bad.toml:26:8: no such zone: found \"attic\"; allowed `cabin`, `lock`",
    );
    refused(
        "activity = \"nominal\", zone = \"cabin\"",
        "activity = \"nominal\", zone = \"attic\"",
        Kind::UnknownName,
        "bad.toml:41:59: no such zone: found \"attic\"; allowed `cabin`, `lock`",
    );
}

#[test]
fn heat_exchangers_that_do_not_exist_or_stand_elsewhere() {
    refused(
        "ccaa = \"ccaa\"",
        "ccaa = \"chx\"",
        Kind::UnknownName,
        "bad.toml:61:8: no such ccaa: found \"chx\"; allowed a ccaa of zone `cabin`: `ccaa`",
    );
    refused(
        "ccaa = \"ccaa\"",
        "ccaa = \"ccaa_lock\"",
        Kind::UnknownName,
        "bad.toml:61:8: ccaa in another zone: found \"ccaa_lock\", which is in zone `lock`; allowed a \
         ccaa of zone `cabin`: `ccaa`",
    );
}

#[test]
fn names() {
    refused(
        "name = \"ccaa_lock\"",
        "name = \"ccaa\"",
        Kind::Duplicate,
        "bad.toml:54:8: name of a unit used twice: found \"ccaa\"; allowed a name that no other unit has",
    );
    refused(
        "name = \"lock\"",
        "name = \"cabin\"",
        Kind::Duplicate,
        "bad.toml:16:8: name of a zone used twice: found \"cabin\"; allowed a name that no other zone has",
    );
    refused(
        "name = \"ada\"",
        "name = \"Ada L.\"",
        Kind::BadName,
        "bad.toml:34:8: not a name of a person: found \"Ada L.\"; allowed a lower case letter, then \
         lower case letters, digits and `_`",
    );
    refused(
        "name = \"oga\"",
        "name = \"air\"",
        Kind::BadName,
        "bad.toml:64:8: reserved name of a unit: found \"air\"; allowed any name but `air`, `equipment`, `fans`, `heater`, `hull`, `structure`",
    );
    refused(
        "name = \"small\"",
        "name = \"a b\"",
        Kind::BadName,
        "bad.toml:2:8: not a scenario name: found \"a b\"; allowed lower case letters, digits, `-` and \
         `_`, a letter or digit first",
    );
}

#[test]
fn schedules_of_people() {
    refused(
        "{ from_h = 8,",
        "{ from_h = 9,",
        Kind::Schedule,
        "bad.toml:41:16: schedule has a hole from 8 to 9 h: found from_h = 9; allowed from_h = 8",
    );
    refused(
        "{ from_h = 8,",
        "{ from_h = 7.5,",
        Kind::Schedule,
        "bad.toml:41:16: schedule overlaps from 7.5 to 8 h: found from_h = 7.5; allowed from_h = 8",
    );
    refused(
        "from_h = 0, to_h = 8",
        "from_h = 1, to_h = 8",
        Kind::Schedule,
        "bad.toml:40:16: schedule does not start at hour 0: found from_h = 1; allowed from_h = 0",
    );
    refused(
        "to_h = 24, activity",
        "to_h = 23, activity",
        Kind::Schedule,
        "bad.toml:41:26: schedule does not end at hour 24: found to_h = 23; allowed to_h = 24",
    );
    refused(
        "to_h = 24, activity",
        "to_h = 8, activity",
        Kind::Schedule,
        "bad.toml:41:26: schedule runs backwards: found to_h = 8; allowed more than 8",
    );
}

#[test]
fn schedules_of_source_terms() {
    refused(
        "from_h = 12.0, to_h = 24.0",
        "from_h = 12.0, to_h = 20.0",
        Kind::Schedule,
        "bad.toml:30:29: schedule does not end at hour 24: found to_h = 20; allowed to_h = 24",
    );
    refused(
        "from_h = 12.0, to_h = 24.0",
        "from_h = 13.0, to_h = 24.0",
        Kind::Schedule,
        "bad.toml:30:16: schedule has a hole from 12 to 13 h: found from_h = 13; allowed from_h = 12",
    );
    refused(
        "w = 20.0",
        "kg_d = 20.0",
        Kind::Inconsistent,
        "bad.toml:30:42: mass flow of heat: found kg_d = 20; allowed `w` for this kind of source term",
    );
    // A schedule may go on after the mission, so that a shorter run of one file is possible.
    parse("good.toml", &GOOD.replace("to_h = 24.0, w", "to_h = 48.0, w")).unwrap();
}

#[test]
fn times_that_do_not_divide() {
    refused(
        "dt_s = 60.0",
        "dt_s = 70.0",
        Kind::TimeStep,
        "bad.toml:4:8: step does not divide the decision interval: found 70 s; allowed a whole part of \
         decision_s = 600 s",
    );
    refused(
        "decision_s = 600.0",
        "decision_s = 660.0",
        Kind::TimeStep,
        "bad.toml:5:14: decision interval does not divide the duration: found 660 s; allowed a whole \
         part of duration_days = 1 (86400 s)",
    );
    // The default of dt_s is nowhere in the text, so the key that disagrees with it is shown.
    let without =
        GOOD.replace("dt_s = 60.0\n", "").replace("decision_s = 600.0", "decision_s = 100.0");
    assert_eq!(
        refusal(&without).to_string(),
        "bad.toml:4:14: step does not divide the decision interval: found 60 s; allowed a whole part of \
         decision_s = 100 s"
    );
    parse("good.toml", &GOOD.replace("decision_s = 600.0", "decision_s = 86400")).unwrap();
}

#[test]
fn values_that_cannot_be_true_together() {
    refused(
        "to = \"lock\"",
        "to = \"cabin\"",
        Kind::Inconsistent,
        "bad.toml:21:6: ventilation from a zone to itself: found \"cabin\"; allowed a zone other than `cabin`",
    );
    refused(
        "pressure_pa = 101_325.0",
        "pressure_pa = 1_000.0",
        Kind::Inconsistent,
        "bad.toml:8:15: pressure below the sum of CO2 and water vapour: found 1000 Pa; allowed more than \
         1322.4 Pa, which is CO2 267.0 Pa and water vapour 1055.4 Pa",
    );
    refused(
        "pressure_pa = 101_325.0",
        "o2_fraction = 0.999",
        Kind::Inconsistent,
        "bad.toml:8:15: O2 and CO2 exceed the dry gas: found 0.999; allowed at most 0.997337, because \
         CO2 takes 267 Pa of 100269.6 Pa dry gas",
    );
    refused(
        "urine_kg = 2.0",
        "urine_kg = 50.0",
        Kind::Inconsistent,
        "bad.toml:45:12: store holds more than its capacity: found 50 kg; allowed at most \
         urine_capacity_kg = 40 kg",
    );
    refused(
        "o2_kg_d = 3.58",
        "o2_kg_d = 10.0",
        Kind::Inconsistent,
        "bad.toml:66:11: production above the largest production: found 10 kg/d; allowed at most \
         o2_max_kg_d = 9.2 kg/d",
    );
    refused(
        "ccaa = \"ccaa\"",
        "feed_reducer = true",
        Kind::Inconsistent,
        "bad.toml:61:16: CO2 for a reducer that does not exist: found feed_reducer = true and no \
         [[sabatier]]; allowed false, or a [[sabatier]]",
    );
}

#[test]
fn telemetry_columns() {
    refused(
        "unit = \"h\"",
        "unit = \"torr\"",
        Kind::WrongUnit,
        "bad.toml:76:8: not a display unit: found \"torr\"; allowed s, h, d",
    );
    refused(
        "channel = \"time_s\"",
        "channel = \"co2\"",
        Kind::UnknownName,
        "bad.toml:75:11: not a channel id: found \"co2\"; allowed `time_s`, or an id of three parts as \
         in `living.air.pp_co2_pa`",
    );
    refused(
        "name = \"hour\"",
        "name = \"time_s\"",
        Kind::BadName,
        "bad.toml:74:8: reserved name of a telemetry column: found \"time_s\"; allowed any name but `time_s`",
    );
}

#[test]
fn columns_count_characters_and_the_message_stays_on_one_line() {
    let text = GOOD.replace("volume_m3 = 50.0", "structure_j_k = 0.0 # ä\n\"é\\nü\" = { a = 1 }");
    assert_eq!(
        refusal(&text).to_string().split(';').next().unwrap(),
        "bad.toml:14:1: unknown key: found `é\\nü`"
    );
    let inline = GOOD.replace("\"ada\"", "\"ä\"").replace("sex = \"female\"", "sex = \"ö\"");
    assert_eq!(
        refusal(&inline).to_string(),
        "bad.toml:35:7: unknown choice: found \"ö\"; allowed `female`, `male`"
    );
}

#[test]
fn files_that_are_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin.toml");
    std::fs::write(&path, b"schema = 1\nname = \"caf\xe9\"\n").unwrap();
    let error = load(path.to_str().unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}:2:12: not UTF-8: found byte 0xe9; allowed text in UTF-8", path.display())
    );

    let path = folder.path().join("large.toml");
    std::fs::write(&path, vec![b'#'; 4_000_001]).unwrap();
    let error = load(path.to_str().unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}:1:1: file too large: found more than 4000000 bytes; allowed at most 4000000 bytes",
            path.display()
        )
    );
}

#[test]
fn scenarios_that_do_not_exist() {
    let error = load("cabin-30").unwrap_err();
    assert!(matches!(error, ScenarioError::NotFound { .. }));
    assert!(error.refusal().is_none());
    for shipped in SHIPPED {
        assert!(error.to_string().contains(shipped.name), "{error}");
    }
}

#[test]
fn a_scenario_changed_by_a_program_is_checked_too() {
    let mut loaded = parse("good.toml", GOOD).unwrap();
    loaded.scenario.duration_days = f64::NAN;
    let problem = check(&loaded.scenario).unwrap_err();
    assert_eq!(problem.kind, Kind::NotFinite);
    assert_eq!(problem.path, "duration_days");
    assert_eq!(
        loaded.refuse(problem).to_string(),
        "good.toml:3:17: not a finite number: found NaN or infinity; allowed a finite number, more than \
         0, up to 3653 d"
    );
}

#[test]
fn a_later_stage_can_refuse_by_path() {
    let loaded = parse("good.toml", GOOD).unwrap();
    let path = "telemetry.column[0].channel";
    let problem = Problem::new(Kind::UnknownName, path, "no such channel", "\"x\"", "`y`");
    assert_eq!(
        loaded.refuse(problem).to_string(),
        "good.toml:75:11: no such channel: found \"x\"; allowed `y`"
    );
}

#[test]
fn power_heat_and_faults_name_what_is_wrong() {
    use lunar_habitat_habitat::scenario::{self, Scenario};
    let refused = |change: &dyn Fn(&mut Scenario)| {
        let mut scenario = scenario::load("artemis-30d").unwrap().scenario;
        change(&mut scenario);
        let problem = scenario::check(&scenario).unwrap_err();
        format!("{}: {}: found {}", problem.path, problem.what, problem.found)
    };
    assert_eq!(
        refused(&|s| {
            let span = scenario::Span { from_h: 100.0, to_h: 50.0 };
            s.power.as_mut().unwrap().site.darkness = vec![span];
        }),
        "power.site.darkness[0].to_h: darkness that ends before it begins: found 50 h"
    );
    assert_eq!(
        refused(&|s| s.power.as_mut().unwrap().shed_order.push("living.toaster".into())),
        "power.shed_order[7]: no such load: found `living.toaster`"
    );
    assert_eq!(
        refused(&|s| s.power.as_mut().unwrap().shed_order.push("living.tccs".into())),
        "power.shed_order[7]: load shed twice: found `living.tccs`"
    );
    assert_eq!(
        refused(&|s| s.power = None),
        "thermal: a coolant loop without power: found [thermal] and no [power]"
    );
    assert_eq!(
        refused(&|s| {
            let unit = "living.toaster".into();
            let event = scenario::FaultEvent { unit, ..scenario::FaultEvent::default() };
            s.faults.as_mut().unwrap().events.push(event);
        }),
        "faults.event[0].unit: no such unit: found `living.toaster`"
    );
}
