//! Commands take their time: nothing for the dead time, then a set-point at its rate or a mode at once.
//!
//! The cabin's oxygen generator stands for set-points (180 s, then its range in 600 s), its trace contaminant
//! control for modes (120 s).

#![allow(clippy::unwrap_used)] // A test fails by panicking.

mod common;

use std::sync::Arc;

use common::{assert_closed, changed, command, habitat, shipped, value};
use lunar_habitat_habitat::actuation::DEAD_MAX_S;
use lunar_habitat_habitat::air::ventilation::exchange;
use lunar_habitat_habitat::ledger::Ledger;
use lunar_habitat_habitat::scenario::{FaultEvent, FaultMode, Faults, SHIPPED, Scenario};
use lunar_habitat_habitat::{Actuator, Habitat, Plan};
use physics::species::Gas;
use proptest::prelude::*;

const OGA: &str = "living.oga.set_o2_mol_s";
const TCCS: &str = "living.tccs.set_on";

fn cabin() -> Habitat {
    habitat(&shipped("cabin-30d"), 1)
}

/// A cabin in which `unit` is in `mode` from `at_h` on; people mend it with `spares`.
fn broken(unit: &str, at_h: f64, mode: FaultMode, spares: u32) -> Arc<Plan> {
    changed("cabin-30d", |s: &mut Scenario| {
        let event = FaultEvent { unit: unit.into(), at_h, mode, ..FaultEvent::default() };
        s.faults =
            Some(Faults { rate_factor: 0.0, spares, events: vec![event], ..Faults::default() });
    })
}

fn actuator(cabin: &Habitat, id: &str) -> (usize, Actuator) {
    let channel = cabin.catalogue().find(id).unwrap();
    let at = cabin.actuators().iter().position(|a| a.channel == channel).unwrap();
    (at, cabin.actuators()[at])
}

/// Step of `dt_s` for `time_s`, with a shorter last one where that does not divide it.
fn pass(cabin: &mut Habitat, time_s: f64, dt_s: f64) {
    let end_s = cabin.t_s() + time_s;
    while end_s - cabin.t_s() > 1e-6 {
        cabin.step(dt_s.min(end_s - cabin.t_s())).unwrap();
    }
}

#[test]
fn every_actuator_declares_how_it_follows() {
    for shipped_one in SHIPPED {
        let cabin = habitat(&shipped(shipped_one.name), 1);
        for one in cabin.actuators() {
            let id = &cabin.catalogue().channels()[one.channel].id;
            let told = [".set_shed", ".set_repair", ".set_calibrate"];
            let is_told = told.iter().any(|tail| id.ends_with(tail));
            assert!((0.0..=DEAD_MAX_S).contains(&one.dead_s), "{id}");
            assert_eq!(is_told, one.dead_s == 0.0, "{id}");
            if one.is_mode || is_told {
                assert_eq!(one.rate_per_s, f64::INFINITY, "{id}");
            } else {
                let travel_s = (one.high - one.low) / one.rate_per_s;
                assert!((60.0..=900.0).contains(&travel_s), "{id} {travel_s}");
            }
        }
    }
}

/// The table of `actuation`, row by row: dead time and travel, s.
#[test]
fn each_kind_takes_the_time_of_its_row() {
    let cabin = habitat(&shipped("artemis-30d"), 1);
    let modes = [
        ("living.ccaa.set_on", 60.0),
        ("living.cdra.set_on", 60.0),
        ("living.tccs.set_on", 120.0),
        ("living.sabatier.set_on", 300.0),
        ("laboratory.wpa.set_on", 300.0),
        ("laboratory.upa.set_on", 300.0),
        ("living.brine_processor.set_on", 300.0),
        ("living.lioh.set_on", 300.0),
        ("living.candle.set_on", 300.0),
        ("habitat.power.set_shed", 0.0),
    ];
    for (id, dead_s) in modes {
        let (_, one) = actuator(&cabin, id);
        assert_eq!((one.dead_s, one.rate_per_s), (dead_s, f64::INFINITY), "{id}");
    }
    let set_points = [
        ("living.acs.set_pp_o2_pa", 60.0, 600.0),
        ("living.acs.set_p_total_pa", 60.0, 600.0),
        ("living.oga.set_o2_mol_s", 180.0, 600.0),
        ("living.ccaa.set_t_k", 60.0, 600.0),
        ("habitat.fuel_cell.set_p_w", 60.0, 180.0),
        ("habitat.fuel_cell.set_electrolyser_w", 60.0, 180.0),
        ("habitat.low_loop.set_supply_k", 60.0, 600.0),
        ("habitat.moderate_loop.set_supply_k", 60.0, 600.0),
        ("living.fans.set_speed", 60.0, 120.0),
        ("quarters.fans.set_speed", 60.0, 120.0),
    ];
    for (id, dead_s, travel_s) in set_points {
        let (_, one) = actuator(&cabin, id);
        let travels_s = (one.high - one.low) / one.rate_per_s;
        assert!(one.dead_s == dead_s && (travels_s - travel_s).abs() < 1e-9, "{id} {travels_s}");
    }
}

/// At half of the speed fans move half of the air and draw an eighth of the power.
#[test]
fn fans_obey_the_affinity_laws() {
    let mut cabin = cabin();
    pass(&mut cabin, 86_400.0, 60.0);
    let mut links = cabin.plan().ventilation.clone();
    links.iter_mut().for_each(|link| link.hatch_m3_s_pa = 0.0);
    let zones = &cabin.plan().zones;
    let moved_mol = |speed: f64, capacity: f64| {
        let mut ledger = Ledger::default();
        let mut now = cabin.state().zones.clone();
        now[0].n_mol[Gas::Co2 as usize] += 10.0;
        let before_mol = now[0].n_mol[Gas::Co2 as usize];
        now.iter_mut().for_each(|zone| (zone.fans_speed, zone.fans_capacity) = (speed, capacity));
        exchange(&links, zones, &mut now, 0.01, &mut ledger);
        before_mol - now[0].n_mol[Gas::Co2 as usize]
    };
    let full_mol = moved_mol(1.0, 1.0);
    assert!(full_mol > 0.0);
    for (speed, capacity) in [(0.5, 1.0), (0.25, 1.0), (1.0, 0.5), (0.5, 0.5), (0.0, 1.0)] {
        let share = moved_mol(speed, capacity) / full_mol;
        assert!((share - speed * capacity).abs() < 1e-3, "{speed} {capacity}: {share}");
    }

    let mut slow = cabin.clone();
    command(&mut slow, "living.fans.set_speed", 0.5);
    for one in [&mut cabin, &mut slow] {
        pass(one, 600.0, 60.0);
    }
    assert_eq!(value(&slow, "living.fans.set_speed"), 0.5);
    let living = &slow.plan().zones[0];
    assert_eq!((living.name.as_str(), living.fan_w), ("living", 110.0));
    assert_eq!(slow.state().zones[0].fans_w(living), 13.75);
    let saved_w = value(&cabin, "habitat.power.total_w") - value(&slow, "habitat.power.total_w");
    assert!((saved_w - 96.25).abs() < 0.5, "{saved_w}");
    assert_closed(&slow);
    // The airlock of the cabin has neither fans nor a connection that hangs on it.
    assert!(slow.catalogue().find("airlock.fans.set_speed").is_err());
}

/// Where people breathe and the air stands, CO2 stays: slower fans between zones leave a larger difference.
#[test]
fn slow_fans_save_power_and_leave_co2_where_people_are() {
    let start = habitat(&shipped("artemis-30d"), 1);
    let after = |speed: f64| {
        let mut cabin = start.clone();
        for zone in ["living", "laboratory", "quarters"] {
            command(&mut cabin, &format!("{zone}.fans.set_speed"), speed);
        }
        let (mut drawn_j, mut worst_pa) = (0.0, 0.0_f64);
        for _ in 0..1_440 {
            cabin.step(60.0).unwrap();
            drawn_j += value(&cabin, "habitat.power.drawn_w") * 60.0;
            worst_pa = worst_pa.max(value(&cabin, "quarters.air.pp_co2_pa"));
        }
        assert_closed(&cabin);
        (drawn_j, worst_pa)
    };
    let (full, slow) = (after(1.0), after(0.25));
    assert!(
        full.0 - slow.0 > 0.9 * 220.0 * (1.0 - 0.25_f64.powi(3)) * 86_400.0,
        "{full:?} {slow:?}"
    );
    assert!(slow.1 > 1.2 * full.1, "{full:?} {slow:?}");
}

#[test]
fn nothing_moves_in_the_dead_time_and_then_the_rate_holds() {
    let mut cabin = cabin();
    let start = value(&cabin, OGA);
    let (at, oga) = actuator(&cabin, OGA);
    assert!((oga.dead_s - 180.0).abs() < 1e-12);
    command(&mut cabin, OGA, oga.high);
    let arrives_s = oga.dead_s + (oga.high - start) / oga.rate_per_s;
    for minute in 1..20 {
        cabin.step(60.0).unwrap();
        let t_s = 60.0 * f64::from(minute);
        let expected = if t_s < arrives_s {
            start + oga.rate_per_s * (t_s - oga.dead_s).max(0.0)
        } else {
            oga.high
        };
        assert!((value(&cabin, OGA) - expected).abs() < 1e-9 * oga.high, "{t_s}");
        assert!(t_s > oga.dead_s || value(&cabin, OGA) == start);
        assert_eq!(cabin.ordered(at), Some(oga.high));
        // What is made is what is in force.
        let made = value(&cabin, "living.oga.o2_mol_s");
        assert!((made / value(&cabin, OGA) - 1.0).abs() < 1e-9, "{made}");
    }
    assert_eq!(value(&cabin, OGA), oga.high);
    assert_eq!(cabin.state().orders_open, 0);
    assert_closed(&cabin);
}

/// The same way down, and a range without an order stays where it is.
#[test]
fn a_set_point_goes_down_as_it_goes_up() {
    let mut cabin = cabin();
    let (_, oga) = actuator(&cabin, OGA);
    let start = value(&cabin, OGA);
    command(&mut cabin, OGA, oga.low);
    pass(&mut cabin, 240.0, 60.0);
    assert!((value(&cabin, OGA) - (start - 60.0 * oga.rate_per_s)).abs() < 1e-12);
    pass(&mut cabin, 1_200.0, 60.0);
    assert_eq!(value(&cabin, OGA), oga.low);
}

/// Where it stands is a matter of time, not of steps, and a step that is longer than the dead time moves for the
/// rest of it.
#[test]
fn the_length_of_a_step_does_not_enter() {
    let steps = [600.0, 60.0, 30.0, 7.0];
    for end_s in [400.0, 600.0, 1_200.0] {
        let at_end = |dt_s: f64| {
            let mut cabin = cabin();
            let (_, oga) = actuator(&cabin, OGA);
            command(&mut cabin, OGA, oga.high);
            command(&mut cabin, TCCS, 0.0);
            pass(&mut cabin, end_s, dt_s);
            (value(&cabin, OGA) / oga.high, value(&cabin, TCCS))
        };
        let seen: Vec<(f64, f64)> = steps.iter().map(|dt_s| at_end(*dt_s)).collect();
        for (share, on) in &seen {
            assert!((share - seen[0].0).abs() < 1e-9, "{seen:?}");
            assert_eq!(*on, 0.0);
        }
    }
    let mut cabin = cabin();
    let start = value(&cabin, OGA);
    let (_, oga) = actuator(&cabin, OGA);
    command(&mut cabin, OGA, if start > 0.5 * oga.high { oga.low } else { oga.high });
    cabin.step(400.0).unwrap();
    let moved = (value(&cabin, OGA) - start).abs();
    assert!((moved - 220.0 * oga.rate_per_s).abs() < 1e-9 * oga.high, "{moved}");
}

/// A step is cut where a mode switches: one step of ten minutes is two of two and eight, to the bit.
#[test]
fn a_mode_switches_at_the_end_of_its_dead_time_in_a_step_of_any_length() {
    let mut one = cabin();
    pass(&mut one, 3_600.0, 60.0);
    assert!(value(&one, "living.tccs.power_w") > 0.0);
    let (_, tccs) = actuator(&one, TCCS);
    assert!((tccs.dead_s - 120.0).abs() < 1e-12);
    command(&mut one, TCCS, 0.0);
    let mut two = one.clone();
    one.step(600.0).unwrap();
    two.step(119.0).unwrap();
    assert_eq!(value(&two, TCCS), 1.0);
    assert!(value(&two, "living.tccs.power_w") > 0.0);
    two.step(1.0).unwrap();
    assert_eq!(value(&two, TCCS), 0.0);
    assert!(value(&two, "living.tccs.power_w") > 0.0, "the step before it switched");
    two.step(480.0).unwrap();
    assert_eq!(value(&two, "living.tccs.power_w"), 0.0);
    assert_eq!(value(&one, "living.tccs.power_w"), 0.0);

    let mut three = cabin();
    pass(&mut three, 3_600.0, 60.0);
    command(&mut three, TCCS, 0.0);
    three.step(120.0).unwrap();
    three.step(480.0).unwrap();
    assert_eq!(three.hash(), one.hash());
    assert_closed(&one);
}

#[test]
fn a_command_that_is_repeated_changes_nothing() {
    let (mut once, mut often) = (cabin(), cabin());
    let (_, oga) = actuator(&once, OGA);
    for minute in 0..30 {
        if minute == 0 {
            command(&mut once, OGA, oga.high);
            command(&mut once, TCCS, 0.0);
        }
        command(&mut often, OGA, oga.high);
        command(&mut often, TCCS, 0.0);
        once.step(60.0).unwrap();
        often.step(60.0).unwrap();
        assert_eq!(often.hash(), once.hash(), "minute {minute}");
    }
    assert_eq!(value(&often, OGA), oga.high);
    assert_eq!(value(&often, TCCS), 0.0);
}

/// A controller that changes its mind in every minute of the dead time waits no longer than one that does not.
#[test]
fn another_command_does_not_start_the_dead_time_anew() {
    let mut cabin = cabin();
    let (_, oga) = actuator(&cabin, OGA);
    let start = value(&cabin, OGA);
    for share in [0.9, 0.8, 1.0] {
        command(&mut cabin, OGA, share * oga.high);
        cabin.step(60.0).unwrap();
    }
    assert_eq!(value(&cabin, OGA), start);
    cabin.step(60.0).unwrap();
    assert!((value(&cabin, OGA) - (start + 60.0 * oga.rate_per_s)).abs() < 1e-12);
    // On its way it turns at once.
    command(&mut cabin, OGA, oga.low);
    cabin.step(30.0).unwrap();
    assert!((value(&cabin, OGA) - (start + 30.0 * oga.rate_per_s)).abs() < 1e-12);
}

#[test]
fn a_command_to_where_it_stands_ends_the_order() {
    let mut cabin = cabin();
    let (at, oga) = actuator(&cabin, OGA);
    command(&mut cabin, OGA, oga.high);
    pass(&mut cabin, 240.0, 60.0);
    let there = value(&cabin, OGA);
    command(&mut cabin, OGA, there);
    assert_eq!((cabin.ordered(at), cabin.state().orders_open), (Some(there), 0));
    pass(&mut cabin, 600.0, 60.0);
    assert_eq!(value(&cabin, OGA), there);
    // The next one has its whole dead time.
    command(&mut cabin, OGA, oga.high);
    pass(&mut cabin, oga.dead_s, 60.0);
    assert_eq!(value(&cabin, OGA), there);
    // So has a mode that was called back before it switched.
    command(&mut cabin, TCCS, 0.0);
    pass(&mut cabin, 60.0, 60.0);
    command(&mut cabin, TCCS, 1.0);
    pass(&mut cabin, 600.0, 60.0);
    assert_eq!(value(&cabin, TCCS), 1.0);
    command(&mut cabin, TCCS, 0.0);
    pass(&mut cabin, 119.0, 60.0);
    assert_eq!(value(&cabin, TCCS), 1.0);
    pass(&mut cabin, 1.0, 60.0);
    assert_eq!(value(&cabin, TCCS), 0.0);
}

/// The threshold of a mode is one half, whatever the number is.
#[test]
fn a_number_between_off_and_on_is_one_of_them() {
    let mut cabin = cabin();
    command(&mut cabin, TCCS, 0.7);
    assert_eq!(cabin.state().orders_open, 0);
    command(&mut cabin, TCCS, 0.5);
    pass(&mut cabin, 120.0, 60.0);
    assert_eq!(value(&cabin, TCCS), 0.0);
}

#[test]
fn what_electronics_switch_and_people_are_told_is_at_once() {
    let mut cabin = habitat(&shipped("artemis-30d"), 1);
    for (id, to) in [
        ("habitat.power.set_shed", 3.0),
        ("living.oga.set_repair", 0.0),
        ("living.air.set_calibrate", 1.0),
    ] {
        command(&mut cabin, id, to);
        assert_eq!(value(&cabin, id), to, "{id}");
    }
    assert_eq!(cabin.state().orders_open, 0);
}

/// The generator sticks on its way and stays there; when people have mended it, it goes on to where it should.
#[test]
fn an_order_rests_while_its_unit_is_stuck() {
    let mut cabin = habitat(&broken("living.oga", 5.0 / 60.0, FaultMode::Stuck, 1), 1);
    let (at, oga) = actuator(&cabin, OGA);
    let start = value(&cabin, OGA);
    command(&mut cabin, OGA, oga.high);
    pass(&mut cabin, 360.0, 60.0);
    let stuck = value(&cabin, OGA);
    assert!(stuck > start && stuck < oga.high, "{start} {stuck}");
    // A new command is lost.
    command(&mut cabin, OGA, oga.low);
    let mut minutes = 0;
    while value(&cabin, "living.oga.fault") > 0.5 {
        assert_eq!((value(&cabin, OGA), cabin.ordered(at)), (stuck, Some(oga.high)));
        cabin.step(60.0).unwrap();
        minutes += 1;
        assert!(minutes < 10_000, "nobody mends it");
    }
    assert!(minutes > 10);
    pass(&mut cabin, 900.0, 60.0);
    assert_eq!(value(&cabin, OGA), oga.high);
}

/// Range in an hour instead of in ten minutes, after the same dead time.
#[test]
fn a_slow_unit_moves_its_set_point_at_a_sixth_of_the_rate_and_its_mode_as_ever() {
    let mut cabin = habitat(&broken("living.oga", 0.0, FaultMode::Slow, 0), 1);
    let (_, oga) = actuator(&cabin, OGA);
    cabin.step(60.0).unwrap();
    let start = value(&cabin, OGA);
    command(&mut cabin, OGA, oga.high);
    pass(&mut cabin, oga.dead_s + 360.0, 60.0);
    let moved = value(&cabin, OGA) - start;
    assert!((moved - 0.1 * (oga.high - oga.low)).abs() < 1e-9 * oga.high, "{moved}");

    let mut cabin = habitat(&broken("living.ccaa", 0.0, FaultMode::Slow, 0), 1);
    cabin.step(60.0).unwrap();
    command(&mut cabin, "living.ccaa.set_on", 0.0);
    pass(&mut cabin, 60.0, 60.0);
    assert_eq!(value(&cabin, "living.ccaa.set_on"), 0.0);
}

/// What is on its way is part of the state: a snapshot in the dead time and one under way restore to the same
/// future, and a fork starts with the same orders.
#[test]
fn snapshots_and_forks_have_what_is_on_its_way() {
    let mut cabin = cabin();
    let (_, oga) = actuator(&cabin, OGA);
    command(&mut cabin, OGA, oga.high);
    command(&mut cabin, "living.sabatier.set_on", 0.0);
    for _ in 0..5 {
        cabin.step(60.0).unwrap();
        let mut back = Habitat::restore(Arc::clone(cabin.plan()), &cabin.snapshot()).unwrap();
        assert_eq!((back.hash(), back.state()), (cabin.hash(), cabin.state()));
        let (mut same, mut fork) = (cabin.clone(), cabin.fork(1));
        assert_eq!(fork.state().orders, cabin.state().orders);
        for one in [&mut back, &mut same, &mut fork] {
            pass(one, 300.0, 60.0);
        }
        assert_eq!(back.hash(), same.hash());
        for id in [OGA, "living.sabatier.set_on"] {
            assert_eq!(value(&fork, id), value(&same, id));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any commands at any time: no set-point is ever faster than its rate, none leaves its range or passes its
    /// target, and after the longest way all have arrived.
    #[test]
    fn no_actuator_is_faster_than_it_says(
        commands in proptest::collection::vec((0_usize..64, 0.0..1.0_f64, 1.0..900.0_f64), 1..40),
    ) {
        let mut cabin = cabin();
        let actuators = cabin.actuators().to_vec();
        let row = |cabin: &Habitat| -> Vec<f64> {
            actuators.iter().map(|a| cabin.value(a.channel).unwrap()).collect()
        };
        for (pick, share, dt_s) in commands {
            let at = pick % actuators.len();
            let one = actuators[at];
            cabin.command(at, one.low + share * (one.high - one.low)).unwrap();
            let before = row(&cabin);
            cabin.step(dt_s).unwrap();
            for ((one, old), new) in actuators.iter().zip(&before).zip(row(&cabin)) {
                let most = one.rate_per_s * dt_s * (1.0 + 1e-9) + 1e-9;
                prop_assert!((new - old).abs() <= most);
                prop_assert!((one.low..=one.high).contains(&new));
            }
        }
        let wanted: Vec<f64> = (0..actuators.len()).map(|at| cabin.ordered(at).unwrap()).collect();
        pass(&mut cabin, DEAD_MAX_S + 900.0, 600.0);
        prop_assert_eq!(row(&cabin), wanted);
        prop_assert_eq!(cabin.state().orders_open, 0);
    }
}
