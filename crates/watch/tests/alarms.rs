//! The states of alarms: by hand, and over random samples and commands.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::collections::BTreeMap;

use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};
use lunar_habitat_watch::WatchError;
use lunar_habitat_watch::alarm::{
    AlarmPlan, Alarms, Bound, Cause, Overrides, Priority, State, Transition,
};
use proptest::prelude::*;

fn channel(id: &str, unit: Unit, limits: Option<Limits>) -> Channel {
    let owner = id.rsplit_once('.').unwrap().0.to_owned();
    Channel {
        id: id.into(),
        quantity: id.rsplit_once('.').unwrap().1.into(),
        unit,
        kind: ValueKind::Sensed,
        limits,
        owner,
        source: "test".into(),
    }
}

fn limits(low: (f64, f64), high: (f64, f64)) -> Option<Limits> {
    Some(Limits {
        warning_low: Some(low.0),
        caution_low: Some(low.1),
        caution_high: Some(high.0),
        warning_high: Some(high.1),
    })
}

fn catalogue() -> Catalogue {
    let true_one = Channel {
        kind: ValueKind::True,
        ..channel("a.air.pp_co2_pa", Unit::Pascal, limits((0.0, 0.0), (1.0, 2.0)))
    };
    Catalogue::new(vec![
        true_one,
        channel("a.air.sensed_pp_co2_pa", Unit::Pascal, limits((-9.0, -8.0), (400.0, 2000.0))),
        channel("a.air.sensed_t_k", Unit::Kelvin, limits((283.0, 291.0), (300.0, 308.0))),
        channel("a.fan.sensed_power_w", Unit::Watt, None),
    ])
    .unwrap()
}

fn plan(text: &str) -> Result<AlarmPlan, WatchError> {
    AlarmPlan::compile(&catalogue(), &Overrides::parse(text)?)
}

fn alarms(text: &str) -> Alarms {
    Alarms::new(plan(text).unwrap())
}

const CO2: &str = "a.air.sensed_pp_co2_pa:caution_high";
const CO2_WARNING: &str = "a.air.sensed_pp_co2_pa:warning_high";
const HOT: &str = "a.air.sensed_t_k:caution_high";
const FINE: [f64; 3] = [300.0, 295.0, 50.0];

#[test]
fn alarms_live_on_sensed_channels_and_a_channel_without_limits_is_named() {
    let plan = plan("").unwrap();
    assert_eq!(plan.channels.len(), 3);
    let without: Vec<&str> = plan.without_limits().map(|one| one.id.as_str()).collect();
    assert_eq!(without, ["a.fan.sensed_power_w"]);
    // It can be silent all the same.
    assert!(plan.alarms.iter().any(|alarm| alarm.id == "a.fan.sensed_power_w:silent"));
    let mut row = Vec::new();
    plan.gather(&[1.0, 2.0, 3.0, 4.0], &mut row);
    assert_eq!(row, [2.0, 3.0, 4.0]);
}

#[test]
fn delay_hysteresis_and_acknowledgement_in_their_order() {
    let mut alarms = alarms("");
    assert!(alarms.push(0.0, &[410.0, 295.0, 50.0]).is_empty(), "15 s have not passed");
    let raised = alarms.push(60.0, &[410.0, 295.0, 50.0]).to_vec();
    assert_eq!(raised.len(), 1);
    let Transition { alarm, from, to, first_out, value, priority, .. } = &raised[0];
    assert_eq!((alarm.as_str(), *from, *to), (CO2, State::Normal, State::Unacknowledged));
    assert_eq!((*first_out, *value, *priority), (true, Some(410.0), Priority::Medium));
    assert!(
        raised[0].text.ends_with("410 Pa (caution above 400 Pa); unacknowledged"),
        "{}",
        raised[0].text
    );
    // Inside the hysteresis of 8 Pa nothing is over, however long.
    for k in 2..20 {
        assert!(alarms.push(60.0 * f64::from(k), &[395.0, 295.0, 50.0]).is_empty());
    }
    let acknowledged = alarms.acknowledge(CO2, "amina").unwrap();
    assert_eq!(acknowledged.to, State::Acknowledged);
    assert_eq!(alarms.active()[0].acknowledged_by.as_deref(), Some("amina"));
    assert!(alarms.acknowledge(CO2, "amina").is_err());
    alarms.push(1200.0, &FINE);
    alarms.push(1260.0, &FINE);
    let back = alarms.push(1320.0, &FINE);
    assert_eq!((back[0].from, back[0].to), (State::Acknowledged, State::Normal));
    assert!(alarms.active().is_empty());
}

#[test]
fn what_returns_before_anybody_looked_waits_for_somebody() {
    let mut alarms = alarms("");
    for (t_s, co2) in [(0.0, 500.0), (60.0, 500.0), (120.0, 300.0), (180.0, 300.0), (240.0, 300.0)]
    {
        alarms.push(t_s, &[co2, 295.0, 50.0]);
    }
    assert_eq!(alarms.state_of(CO2).unwrap(), State::Returned);
    alarms.push(300.0, &[500.0, 295.0, 50.0]);
    let again = alarms.push(360.0, &[500.0, 295.0, 50.0]).to_vec();
    assert_eq!((again[0].from, again[0].to), (State::Returned, State::Unacknowledged));
    for k in 7..12 {
        alarms.push(60.0 * f64::from(k), &FINE);
    }
    assert_eq!(alarms.acknowledge(CO2, "amina").unwrap().to, State::Normal);
}

#[test]
fn a_silent_instrument_is_never_normal() {
    let mut alarms = alarms("");
    alarms.push(0.0, &FINE);
    for k in 1..=6 {
        alarms.push(60.0 * f64::from(k), &[f64::NAN, 295.0]);
    }
    assert_eq!(alarms.state_of(CO2).unwrap(), State::BadQuality);
    assert_eq!(alarms.state_of(HOT).unwrap(), State::Normal);
    let silent: Vec<String> = alarms.active().into_iter().map(|one| one.id).collect();
    assert_eq!(silent, ["a.air.sensed_pp_co2_pa:silent", "a.fan.sensed_power_w:silent"]);
    assert!(alarms.active()[0].is_silent && alarms.active()[0].value.is_none());
    // One lost sample is no silence, and an excursion goes on through it.
    let mut other = self::alarms("");
    for (t_s, co2) in [(0.0, 500.0), (10.0, f64::NAN), (20.0, 500.0)] {
        other.push(t_s, &[co2, 295.0, 50.0]);
    }
    assert_eq!(other.state_of(CO2).unwrap(), State::Unacknowledged);
    other.acknowledge(CO2, "amina").unwrap();
    for k in 1..100 {
        other.push(20.0 + 60.0 * f64::from(k), &[]);
    }
    assert_eq!(other.state_of(CO2).unwrap(), State::Acknowledged, "silence is no return");
}

#[test]
fn the_shelf_has_a_time_a_reason_and_no_place_for_critical_alarms() {
    let mut alarms = alarms("longest_shelving_s = 1000.0");
    alarms.push(0.0, &[2500.0, 295.0, 50.0]);
    alarms.push(60.0, &[2500.0, 295.0, 50.0]);
    assert!(alarms.shelve(CO2_WARNING, 100.0, "amina", "known").is_err(), "critical");
    for (until_s, who, why) in [
        (1061.0, "amina", "known"),
        (60.0, "amina", "known"),
        (f64::NAN, "amina", "known"),
        (100.0, " ", "known"),
        (100.0, "amina", ""),
    ] {
        assert!(alarms.shelve(CO2, until_s, who, why).is_err(), "{until_s} {who} {why}");
    }
    assert_eq!(alarms.shelve(CO2, 300.0, "amina", "bed swap").unwrap().to, State::Shelved);
    assert!(alarms.shelve(CO2, 300.0, "amina", "bed swap").is_err());
    assert!(alarms.acknowledge(CO2, "amina").is_err());
    assert!(alarms.push(240.0, &[2500.0, 295.0, 50.0]).is_empty());
    let over = alarms.push(300.0, &[2500.0, 295.0, 50.0]);
    assert_eq!((over[0].to, &over[0].cause), (State::Unacknowledged, &Cause::Expired));
    // Off the shelf by hand, after it went back inside there.
    alarms.shelve(CO2, 1000.0, "amina", "bed swap").unwrap();
    for k in 6..12 {
        alarms.push(60.0 * f64::from(k), &FINE);
    }
    assert_eq!(alarms.unshelve(CO2, "amina").unwrap().to, State::Normal);
    assert!(alarms.unshelve(CO2, "amina").is_err());
}

#[test]
fn the_first_of_a_group_is_the_most_urgent_of_its_sample() {
    let mut alarms = alarms("");
    alarms.push(0.0, &[2500.0, 310.0, 50.0]);
    let raised = alarms.push(60.0, &[2500.0, 310.0, 50.0]);
    let firsts: Vec<&str> =
        raised.iter().filter(|one| one.first_out).map(|one| one.alarm.as_str()).collect();
    assert_eq!(firsts, [CO2_WARNING]);
    assert_eq!(raised.len(), 4);
}

/// Twenty channels, each with a caution and a warning.
fn many() -> AlarmPlan {
    let one = |at: usize| {
        let id = format!("z{at}.unit.sensed_power_w");
        channel(&id, Unit::Watt, limits((-9.0, -8.0), (100.0, 200.0)))
    };
    let catalogue = Catalogue::new((0..20).map(one).collect()).unwrap();
    AlarmPlan::compile(&catalogue, &Overrides::default()).unwrap()
}

#[test]
fn in_a_flood_lower_alarms_wait_and_are_shown_when_it_is_over() {
    let mut plan = many();
    plan.alarms.iter_mut().filter(|one| one.channel == 19).for_each(|one| {
        one.priority = Priority::Critical;
    });
    let mut alarms = Alarms::new(plan);
    let row = [150.0; 20];
    alarms.push(0.0, &row);
    let raised = alarms.push(60.0, &row).to_vec();
    let held = raised.iter().filter(|one| one.to == State::Suppressed).count();
    // The critical one comes first, so ten are shown and the other ten wait.
    assert_eq!((raised.len(), held, alarms.floods()), (20, 10, (true, 1, 10)));
    assert_eq!(raised[0].alarm, "z19.unit.sensed_power_w:caution_high");
    // A critical alarm in the flood is shown, a medium one that somebody acknowledges is theirs.
    let mut worse = row;
    worse[19] = 250.0;
    alarms.push(120.0, &worse);
    let urgent = alarms.push(180.0, &worse).to_vec();
    assert_eq!((urgent.len(), urgent[0].to), (1, State::Unacknowledged));
    alarms.acknowledge(&raised[19].alarm, "amina").unwrap();
    assert!(alarms.push(600.0, &worse).is_empty(), "still in the window");
    let shown = alarms.push(660.0, &worse);
    assert_eq!(shown.len(), 9);
    assert!(shown.iter().all(|one| one.cause == Cause::FloodOver));
}

#[test]
fn limits_of_safety_are_tightened_only() {
    let change = |bound: &str, rest: &str| {
        plan(&format!(
            "[[alarm]]\nchannel = \"a.air.sensed_pp_co2_pa\"\nbound = \"{bound}\"\n{rest}\n"
        ))
    };
    for rest in ["limit = 1500.0", "on_delay_s = 0.0", "off_delay_s = 300.0", "deadband = 90.0"] {
        assert!(change("warning_high", rest).is_ok(), "{rest}");
    }
    for rest in
        ["limit = 2001.0", "on_delay_s = 16.0", "off_delay_s = 100.0", "priority = \"high\""]
    {
        let error = change("warning_high", rest).unwrap_err();
        assert!(matches!(error, WatchError::Loosened { .. }), "{rest}: {error}");
    }
    // A caution moves either way, inside the warnings.
    assert!(change("caution_high", "limit = 600.0").is_ok());
    assert!(change("caution_high", "limit = 2500.0").is_err());
    assert!(change("caution_high", "limit = -8.5").is_err());
    assert!(change("caution_high", "deadband = 5000.0").is_err());
    for rest in ["limit = nan", "on_delay_s = -1.0", "on_delay_s = 1e9", "limti = 3.0"] {
        assert!(change("caution_high", rest).is_err(), "{rest}");
    }
    let unknown = "[[alarm]]\nchannel = \"a.air.pp_co2_pa\"\nbound = \"caution_high\"";
    assert!(matches!(plan(unknown), Err(WatchError::NotSensed(_))), "true values have no alarms");
}

#[test]
fn a_bound_that_the_catalogue_has_not_is_added() {
    let text = "[[alarm]]\nchannel = \"a.fan.sensed_power_w\"\nbound = \"caution_low\"\n";
    assert!(plan(text).is_err(), "without a limit");
    let mut alarms = alarms(&format!("{text}limit = 20.0\non_delay_s = 0.0\n"));
    assert_eq!(alarms.plan().without_limits().count(), 0);
    let raised = alarms.push(0.0, &[300.0, 295.0, 10.0]);
    assert_eq!(raised[0].alarm, "a.fan.sensed_power_w:caution_low");
}

#[test]
fn overrides_are_written_as_they_are_read() {
    let text = "silent_after_s = 60.0\n\n[flood]\nbegins_above = 3\n\n[[alarm]]\nchannel = \"a.air.sensed_t_k\"\nbound = \"caution_high\"\nlimit = 299.0\npriority = \"high\"\n";
    let overrides = Overrides::parse(text).unwrap();
    assert_eq!(overrides.flood.unwrap().ends_below, 5, "the rest stays as it is by default");
    assert!(AlarmPlan::compile(&catalogue(), &overrides).is_err(), "5 is more than 3 + 1");
    assert_eq!(Overrides::parse(&overrides.text().unwrap()).unwrap(), overrides);
}

/// Something that happens to alarms.
#[derive(Debug, Clone)]
enum Event {
    Sample([f64; 2], f64),
    Acknowledge(usize),
    Shelve(usize, f64),
    Unshelve(usize),
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let value = |low: f64, high: f64| prop_oneof![6 => low..high, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)];
    prop_oneof![
        12 => (value(250.0, 2200.0), value(288.0, 310.0), 0.0..400.0_f64)
            .prop_map(|(co2, t, dt)| Event::Sample([co2, t], dt)),
        2 => (0..20_usize).prop_map(Event::Acknowledge),
        1 => (0..20_usize, 1.0..900.0_f64).prop_map(|(at, time)| Event::Shelve(at, time)),
        1 => (0..20_usize).prop_map(Event::Unshelve),
        1 => Just(Event::Restart),
    ]
}

/// Let events happen; return transitions and, after each event, what is shown.
fn play(events: &[Event]) -> (Vec<Transition>, Alarms) {
    let text = "[flood]\nbegins_above = 3\nends_below = 2\n";
    let mut alarms = alarms(text);
    let ids: Vec<String> = alarms.plan().alarms.iter().map(|one| one.id.clone()).collect();
    let mut said = Vec::new();
    let mut t_s = 0.0;
    for event in events {
        let id = |at: usize| ids[at % ids.len()].as_str();
        let now_s = alarms.now_s();
        match event {
            Event::Sample([co2, t], dt_s) => {
                t_s += dt_s;
                said.extend_from_slice(alarms.push(t_s, &[*co2, *t, 50.0]));
            }
            Event::Acknowledge(at) => said.extend(alarms.acknowledge(id(*at), "a")),
            Event::Shelve(at, s) => said.extend(alarms.shelve(id(*at), now_s + s, "a", "b")),
            Event::Unshelve(at) => said.extend(alarms.unshelve(id(*at), "a")),
            Event::Restart => {
                let text = serde_json::to_string(&alarms.snapshot()).unwrap();
                let snapshot = serde_json::from_str(&text).unwrap();
                let shown = alarms.all();
                alarms = Alarms::restore(alarms.plan().clone(), snapshot).unwrap();
                assert_eq!(alarms.all(), shown, "a restart changes nothing");
            }
        }
        let active = alarms.active();
        let mut firsts = BTreeMap::new();
        for one in active.iter().filter(|one| one.first_out && one.state != State::Shelved) {
            *firsts.entry(one.group.clone()).or_insert(0) += 1;
        }
        assert!(firsts.values().all(|count| *count == 1), "one first-out a group: {firsts:?}");
        for one in &active {
            let critical = one.priority == Priority::Critical;
            assert!(!(critical && matches!(one.state, State::Suppressed | State::Shelved)));
        }
    }
    (said, alarms)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens, the transitions of an alarm are one chain, and its last link is the state shown.
    #[test]
    fn transitions_are_a_chain(events in prop::collection::vec(event(), 1..120)) {
        let (said, alarms) = play(&events);
        let mut last: BTreeMap<&str, State> = BTreeMap::new();
        for (at, one) in said.iter().enumerate() {
            prop_assert_eq!(one.sequence, at as u64 + 1);
            // Whether an instrument is silent is said by the alarm about that.
            let quiet = |state: State| if state == State::BadQuality { State::Normal } else { state };
            let before = last.insert(&one.alarm, quiet(one.to)).unwrap_or(State::Normal);
            prop_assert_eq!(quiet(one.from), before, "{:?}", one);
            prop_assert_ne!(quiet(one.from), quiet(one.to));
        }
        for one in alarms.all() {
            let known = last.get(one.id.as_str()).copied().unwrap_or(State::Normal);
            let shown = if one.state == State::BadQuality { State::Normal } else { one.state };
            prop_assert_eq!(known, shown, "{}", one.id);
        }
    }

    /// Only a return to normal or somebody's hand ends an acknowledgement.
    #[test]
    fn an_acknowledgement_is_never_lost(events in prop::collection::vec(event(), 1..120)) {
        let (said, _) = play(&events);
        let ends = said.iter().filter(|one| one.from == State::Acknowledged);
        for one in ends {
            prop_assert!(
                matches!(
                    (&one.cause, one.to),
                    (Cause::Sample, State::Normal | State::BadQuality)
                        | (Cause::Shelved(_), State::Shelved)
                ),
                "{:?}", one
            );
        }
    }

    /// Between two raises of a caution lies a value inside the hysteresis, for as long as the delay.
    #[test]
    fn no_chattering_beyond_hysteresis_and_delay(
        values in prop::collection::vec(380.0..420.0_f64, 10..300),
        dt_s in 5.0..90.0_f64,
    ) {
        let mut alarms = alarms("");
        let limit = alarms.plan().alarms.iter().find(|one| one.id == CO2).unwrap().clone();
        let mut raised_s: Option<f64> = None;
        let mut inside_s = Vec::new();
        for (k, value) in values.iter().enumerate() {
            let t_s = dt_s * k as f64;
            if *value <= limit.limit - limit.deadband {
                inside_s.push(t_s);
            }
            let raises = alarms
                .push(t_s, &[*value, 295.0, 50.0])
                .iter()
                .any(|one| one.alarm == CO2 && one.to == State::Unacknowledged);
            if raises {
                if let Some(before_s) = raised_s {
                    let between: Vec<f64> =
                        inside_s.iter().copied().filter(|at| *at > before_s && *at < t_s).collect();
                    let span_s = between.last().unwrap() - between.first().unwrap();
                    prop_assert!(span_s >= limit.off_delay_s);
                    prop_assert!(t_s - before_s >= limit.off_delay_s + limit.on_delay_s);
                }
                raised_s = Some(t_s);
            }
        }
    }

    /// A value that stays on one side of a limit and its hysteresis is seen as what it is after the delays.
    #[test]
    fn a_lasting_value_is_told_rightly(
        before in prop::collection::vec(prop_oneof![300.0..500.0_f64, Just(f64::NAN)], 0..60),
        past in any::<bool>(),
    ) {
        let mut alarms = alarms("");
        let mut t_s = 0.0;
        for value in before {
            t_s += 60.0;
            alarms.push(t_s, &[value, 295.0, 50.0]);
        }
        for _ in 0..4 {
            t_s += 60.0;
            alarms.push(t_s, &[if past { 450.0 } else { 350.0 }, 295.0, 50.0]);
        }
        let state = alarms.state_of(CO2).unwrap();
        let is_past = matches!(state, State::Unacknowledged | State::Acknowledged);
        prop_assert_eq!(is_past, past, "{:?}", state);
    }
}

#[test]
fn time_does_not_run_backwards() {
    let mut alarms = alarms("");
    alarms.push(100.0, &FINE);
    assert!(alarms.push(50.0, &[9e9, 9e9, 9e9]).is_empty());
    assert!(alarms.push(f64::NAN, &FINE).is_empty());
    assert_eq!((alarms.refused(), alarms.now_s()), (2, 100.0));
    assert_eq!(alarms.plan().alarms.iter().filter(|one| one.bound == Bound::Silent).count(), 3);
}

#[test]
fn a_snapshot_with_an_open_alarm_needs_a_plan_that_has_it() {
    let mut alarms = alarms("");
    alarms.push(0.0, &[500.0, 295.0, 50.0]);
    alarms.push(60.0, &[500.0, 295.0, 50.0]);
    let snapshot = alarms.snapshot();
    // Other limits are no other alarm.
    let tighter = plan(
        "[[alarm]]\nchannel = \"a.air.sensed_pp_co2_pa\"\nbound = \"caution_high\"\nlimit = 350.0\n",
    );
    let restored = Alarms::restore(tighter.unwrap(), snapshot.clone()).unwrap();
    assert_eq!(restored.state_of(CO2).unwrap(), State::Unacknowledged);
    let other = Alarms::restore(many(), snapshot).unwrap_err();
    assert_eq!(other, WatchError::LostAlarm(CO2.into()));
}

#[test]
fn the_hysteresis_of_a_safety_limit_gets_wider_only() {
    let change = |deadband: f64| {
        plan(&format!(
            "[[alarm]]\nchannel = \"a.air.sensed_pp_co2_pa\"\nbound = \"warning_high\"\ndeadband = {deadband:?}\n"
        ))
    };
    // By default 2 % of 2 000 Pa.
    for refused in [0.0, 39.9] {
        let error = change(refused).unwrap_err();
        assert!(matches!(&error, WatchError::Loosened { id, .. } if id == CO2_WARNING), "{error}");
        assert!(error.to_string().contains("the hysteresis of a safety limit is 40"), "{error}");
    }
    for wider in [40.0, 90.0] {
        let plan = change(wider).unwrap();
        let warning = plan.alarms.iter().find(|one| one.id == CO2_WARNING).unwrap();
        assert_eq!(warning.deadband, wider);
    }
    // That of a caution is free.
    let text = "[[alarm]]\nchannel = \"a.air.sensed_pp_co2_pa\"\nbound = \"caution_high\"\ndeadband = 0.0\n";
    plan(text).unwrap();
}

#[test]
fn names_and_reasons_have_an_end() {
    let mut alarms = alarms("");
    alarms.push(0.0, &[500.0, 295.0, 50.0]);
    alarms.push(60.0, &[500.0, 295.0, 50.0]);
    let (longest, longer) = ("\u{e9}".repeat(1_000), "x".repeat(1_001));
    let is_range = |found: Result<Transition, WatchError>| {
        matches!(found, Err(WatchError::Range { found, allowed, .. })
            if found == "1001 characters" && allowed.contains("1000"))
    };
    assert!(is_range(alarms.acknowledge(CO2, &longer)));
    assert!(is_range(alarms.shelve(CO2, 600.0, &longer, "why")));
    assert!(is_range(alarms.shelve(CO2, 600.0, "amina", &longer)));
    assert_eq!(alarms.state_of(CO2).unwrap(), State::Unacknowledged);
    alarms.acknowledge(CO2, &longest).unwrap();
    alarms.shelve(CO2, 600.0, &longest, &longest).unwrap();
    assert!(is_range(alarms.unshelve(CO2, &longer)));
    alarms.unshelve(CO2, &longest).unwrap();
}

#[test]
fn a_file_for_one_scenario_is_not_for_another() {
    let overrides = Overrides::parse("scenario = \"artemis-30d\"\n").unwrap();
    overrides.fits("artemis-30d").unwrap();
    let refused = overrides.fits("cabin-30d").unwrap_err().to_string();
    assert!(refused.contains("`artemis-30d`") && refused.contains("`cabin-30d`"), "{refused}");
    Overrides::default().fits("cabin-30d").unwrap();
    assert_eq!(Overrides::parse(&overrides.text().unwrap()).unwrap(), overrides);
}
