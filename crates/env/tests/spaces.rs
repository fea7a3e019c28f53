//! Spaces of any habitat: what they hold, and that holding changes nothing.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use std::collections::BTreeSet;

use habitat::{Habitat, StreamKey, scenario};
use lunar_habitat_env::{ActionSpace, DIALS_MAX, OBSERVATIONS_MAX, OnBadAction};
use player::{Player, key, plan, task, value};

#[test]
fn every_shipped_scenario_has_spaces_within_their_limits() {
    for shipped in scenario::SHIPPED {
        let task = task(shipped.name, &[]);
        let (fields, dials) = (task.observations().fields(), task.actions().dials());
        assert!((1..=OBSERVATIONS_MAX).contains(&fields.len()), "{}", shipped.name);
        assert!(dials.len() <= DIALS_MAX);
        let names: BTreeSet<_> = fields.iter().map(|field| &field.name).collect();
        assert_eq!(names.len(), fields.len(), "{}: a name comes twice", shipped.name);
        let names: BTreeSet<_> = dials.iter().map(|dial| &dial.name).collect();
        assert_eq!(names.len(), dials.len());
        for field in fields {
            assert!(field.low < field.high && !field.words.is_empty(), "{}", field.name);
            assert!(field.low.is_finite() && field.high.is_finite(), "{}", field.name);
        }
        for dial in dials {
            assert!(!dial.targets.is_empty() && !dial.words.is_empty(), "{}", dial.name);
            for target in &dial.targets {
                let unit = task.plan().catalogue.channels()[target.channel].unit;
                assert_eq!(unit, dial.unit, "{}", dial.name);
            }
        }
    }
}

#[test]
fn the_reference_habitat_has_every_dial_of_the_task() {
    let task = task("artemis-30d", &[]);
    let names: Vec<&str> = task.actions().dials().iter().map(|dial| dial.name.as_str()).collect();
    for name in [
        "oxygen.rate",
        "oxygen.set_point",
        "pressure.set_point",
        "co2.removal",
        "co2.hydroxide",
        "oxygen.candles",
        "air.temperature",
        "air.condensing",
        "air.ventilation",
        "power.fuel_cell",
        "power.charge",
        "power.shed",
        "thermal.low_loop",
        "thermal.moderate_loop",
        "trace.control",
        "co2.reduction",
        "water.potable",
        "water.urine",
        "water.brine",
        "repair.air",
        "repair.water",
        "instruments.calibrate",
    ] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    let turned: BTreeSet<usize> = task
        .actions()
        .dials()
        .iter()
        .flat_map(|dial| dial.targets.iter().map(|target| target.actuator))
        .collect();
    let habitat = Habitat::new(task.plan().clone(), StreamKey::default());
    assert_eq!(turned.len(), habitat.actuators().len(), "each actuator has a dial, and only one");
}

#[test]
fn no_dial_leaves_the_range_of_its_actuator() {
    let habitat = Habitat::new(plan("artemis-30d", &[]), StreamKey::default());
    for dial in ActionSpace::new(habitat.plan()).dials() {
        for target in &dial.targets {
            let actuator = habitat.actuators()[target.actuator];
            assert!(target.low >= actuator.low && target.high <= actuator.high, "{}", dial.name);
            assert!(target.low <= target.high);
        }
    }
}

#[test]
fn holding_is_exact() {
    for name in ["artemis-30d", "cabin-30d", "polar-darkness"] {
        let mut one = Player::new(&task(name, &[]), key(1, 0, 0));
        let mut bare = Habitat::new(one.episode.task().plan().clone(), key(1, 0, 0));
        for _ in 0..20 {
            one.hold();
            (0..10).for_each(|_| bare.step(60.0).unwrap());
            assert_eq!(one.terms[9], 0.0, "no dial was turned");
        }
        assert_eq!(one.episode.habitat().hash(), bare.hash(), "{name}");
    }
}

/// Holding is no command, so what is on its way goes on; asking again for it is no turn of a dial.
#[test]
fn a_command_on_its_way_goes_on_under_hold_and_is_turned_once() {
    let task = task("cabin-30d", &[]);
    let place = |name: &str| task.actions().dials().iter().position(|d| d.name == name).unwrap();
    let (rate, trace) = (place("oxygen.rate"), place("trace.control"));
    let dial = &task.actions().dials()[rate];
    let start = |one: &mut Player| {
        one.episode.set_decision_s(60.0).unwrap();
        one.episode.hold(&mut one.action).unwrap();
        (one.action[rate], one.action[trace]) = (1.0, -0.5);
        one.step().unwrap();
        assert!((one.terms[9] * one.action.len() as f32 - 2.0).abs() < 1e-6);
    };
    let (mut held, mut asked) =
        (Player::new(&task, key(1, 0, 0)), Player::new(&task, key(1, 0, 0)));
    start(&mut held);
    start(&mut asked);
    assert_eq!(dial.position(held.episode.habitat()), 1.0, "what is ordered");
    let now = |one: &Player| one.episode.habitat().value(dial.targets[0].channel).unwrap();
    assert!(now(&held) < dial.high, "it has not moved yet");
    for _ in 0..20 {
        held.hold();
        asked.step().unwrap();
        assert_eq!((held.terms[9], asked.terms[9]), (0.0, 0.0));
        assert_eq!(held.episode.habitat().hash(), asked.episode.habitat().hash());
    }
    assert_eq!(now(&held), dial.high);
    assert_eq!(task.actions().dials()[trace].position(held.episode.habitat()), -1.0);
}

/// A zone with a heater has a dial for it, over what people can live in and not over all that it could do.
#[test]
fn heaters_have_a_dial_of_their_own() {
    let heated = plan("cabin-30d", &[value("zone.living.heater_w", 500.0)]);
    let space = ActionSpace::new(&heated);
    let dial = space.dials().iter().find(|dial| dial.name == "air.heating").unwrap();
    let ids: Vec<&str> = dial
        .targets
        .iter()
        .map(|target| heated.catalogue.channels()[target.channel].id.as_str())
        .collect();
    assert_eq!(ids, ["living.heater.set_t_k"]);
    assert_eq!((dial.low, dial.high, dial.is_mode), (283.15, 297.15, false));
    assert!(space.dials().iter().all(|dial| !dial.name.starts_with("other.")));
}

/// Fans, electrolyser and loops stand at the scenario's own commands until a dial is turned; then each dial commands
/// all of its targets and nothing else.
#[test]
fn fans_charging_and_loops_have_dials() {
    let task = task("artemis-30d", &[]);
    let dials = task.actions().dials();
    let habitat = Habitat::new(task.plan().clone(), StreamKey::default());
    let mut action = vec![0.0; dials.len()];
    let mut turned = |name: &str, to: f32| -> Vec<(String, f64)> {
        let mut commands = Vec::new();
        task.actions().from_commands(&habitat, &mut action).unwrap();
        task.actions().apply(&action, OnBadAction::Refuse, &habitat, &mut commands).unwrap();
        assert!(commands.is_empty());
        action[dials.iter().position(|dial| dial.name == name).unwrap()] = to;
        task.actions().apply(&action, OnBadAction::Refuse, &habitat, &mut commands).unwrap();
        let id = |at: usize| &task.plan().catalogue.channels()[habitat.actuators()[at].channel].id;
        commands.iter().map(|one| (id(one.actuator).clone(), one.value)).collect()
    };
    let fans =
        ["living", "laboratory", "quarters"].map(|zone| (format!("{zone}.fans.set_speed"), 0.25));
    assert_eq!(turned("air.ventilation", -1.0), fans);
    // At the end at which it stands it commands nothing.
    assert!(turned("air.ventilation", 1.0).is_empty());
    assert!(turned("power.charge", 1.0).is_empty());
    let one = |id: &str, value: f64| vec![(id.to_owned(), value)];
    let charge = "habitat.fuel_cell.set_electrolyser_w";
    assert_eq!(turned("power.charge", -1.0), one(charge, 0.0));
    assert_eq!(turned("power.charge", 0.0), one(charge, 7_500.0));
    assert_eq!(turned("thermal.low_loop", 1.0), one("habitat.low_loop.set_supply_k", 288.15));
    let moderate = "habitat.moderate_loop.set_supply_k";
    assert_eq!(turned("thermal.moderate_loop", -1.0), one(moderate, 283.15));
}

#[test]
fn set_points_are_linear_and_modes_have_their_threshold_at_zero() {
    let habitat = Habitat::new(plan("cabin-30d", &[]), StreamKey::default());
    let space = ActionSpace::new(habitat.plan());
    let mut action = vec![0.0; space.len()];
    let place = |name: &str| space.dials().iter().position(|dial| dial.name == name).unwrap();
    let commanded = |action: &[f32], name: &str| {
        let mut commands = Vec::new();
        space.apply(action, OnBadAction::Refuse, &habitat, &mut commands).unwrap();
        let target = space.dials()[place(name)].targets[0].actuator;
        commands.iter().find(|c| c.actuator == target).map(|c| c.value)
    };
    for (value, share) in [(-1.0, 0.0), (-0.75, 0.125), (0.5, 0.75), (1.0, 1.0)] {
        action[place("air.temperature")] = value;
        let k = commanded(&action, "air.temperature").unwrap();
        assert!((k - (288.15 + 12.0 * share)).abs() < 1e-9, "{k}");
    }
    space.from_commands(&habitat, &mut action).unwrap();
    assert_eq!(action[place("co2.removal")], 1.0);
    for (value, mode) in [(1e-6, 1.0), (0.0, 0.0), (-1e-6, 0.0)] {
        action[place("co2.removal")] = value;
        assert_eq!(commanded(&action, "co2.removal"), Some(mode));
    }
}

#[test]
fn a_mode_that_is_off_masks_its_set_point() {
    let mut one = Player::new(&task("cabin-30d", &[]), key(1, 0, 0));
    let dials = one.episode.task().actions().dials().to_vec();
    let place = |name: &str| dials.iter().position(|dial| dial.name == name).unwrap();
    let mut mask = vec![false; dials.len()];
    one.episode.mask(&mut mask).unwrap();
    assert!(mask.iter().all(|acts| *acts));
    one.episode.hold(&mut one.action).unwrap();
    one.action[place("air.condensing")] = -1.0;
    one.step().unwrap();
    one.episode.mask(&mut mask).unwrap();
    assert!(!mask[place("air.temperature")] && mask[place("air.condensing")]);
    assert!(one.episode.mask(&mut mask[1..]).is_err());
}

#[test]
fn a_hash_tells_spaces_apart() {
    let (artemis, cabin) = (task("artemis-30d", &[]), task("cabin-30d", &[]));
    assert_eq!(artemis.hash(), task("artemis-30d", &[]).hash());
    assert_ne!(artemis.hash(), cabin.hash());
}

#[test]
fn the_light_to_come_is_seen_before_it_goes() {
    let mut one = Player::new(&task("polar-darkness", &[]), key(1, 0, 0));
    let start = one.read("clock.light_72h");
    // Dark from hour 48 on: 48 of 72 hours at the start, none after three days.
    assert!((start - 48.0 / 72.0).abs() < 0.05, "{start}");
    one.episode.set_decision_s(6.0 * 3_600.0).unwrap();
    for _ in 0..8 {
        one.hold();
    }
    assert_eq!((one.read("clock.light_24h"), one.read("clock.light_72h")), (0.0, 0.0));
}

#[test]
fn the_hour_of_the_day_turns() {
    let mut one = Player::new(&task("cabin-30d", &[]), key(1, 0, 0));
    one.episode.set_decision_s(6.0 * 3_600.0).unwrap();
    for (sine, cosine) in [(1.0, 0.0), (0.0, -1.0), (-1.0, 0.0), (0.0, 1.0)] {
        one.hold();
        assert!((one.read("clock.hour_sine") - sine).abs() < 1e-9);
        assert!((one.read("clock.hour_cosine") - cosine).abs() < 1e-9);
    }
}

/// The entry for "on" was taken for holding while "off" was still on its way, and the unit went off.
#[test]
fn what_is_in_force_can_be_asked_for_again_while_another_order_is_on_its_way() {
    let task = task("artemis-30d", &[]);
    let dials = task.actions();
    let mut habitat = Habitat::new(task.plan().clone(), StreamKey::default());
    let place = dials.dials().iter().position(|dial| dial.name == "water.urine").unwrap();
    let channel = dials.dials()[place].targets[0].channel;
    let mut action = vec![0.0; dials.len()];
    let mut turn = |habitat: &mut Habitat, value: f32| {
        dials.from_commands(habitat, &mut action).unwrap();
        action[place] = value;
        let mut commands = Vec::new();
        let turned = dials.apply(&action, OnBadAction::Refuse, habitat, &mut commands).unwrap();
        for command in commands {
            habitat.command(command.actuator, command.value).unwrap();
        }
        turned
    };
    assert_eq!(habitat.value(channel), Some(1.0));
    assert_eq!(turn(&mut habitat, -1.0), 1);
    habitat.step(60.0).unwrap();
    assert_eq!(turn(&mut habitat, 1.0), 1);
    for _ in 0..10 {
        habitat.step(60.0).unwrap();
    }
    assert_eq!(habitat.value(channel), Some(1.0));
}
