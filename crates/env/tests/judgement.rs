//! Rewards and costs: named, recorded, and judged on the true state.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use habitat::{Habitat, StreamKey};
use lunar_habitat_env::{
    COST_TABLE, REWARD_PRESETS, RewardWeights, TERM_NAMES, Task, TaskError, TaskOptions,
};
use player::{Player, key, plan, task, value};

fn cost(player: &Player, name: &str) -> f32 {
    player.costs[COST_TABLE.iter().position(|cost| cost.name == name).unwrap()]
}

#[test]
fn the_reward_is_the_weighted_sum_of_the_recorded_terms() {
    for (name, words) in REWARD_PRESETS {
        assert!(!words.is_empty());
        let weights = RewardWeights::preset(name).unwrap();
        let options = TaskOptions { weights, ..TaskOptions::default() };
        let task = Task::new(plan("artemis-30d", &[]), options).unwrap();
        let mut one = Player::new(&task, key(1, 0, 0));
        for decision in 0..5 {
            let transition = one.random(decision);
            let sum: f64 =
                weights.weights().iter().zip(one.terms).map(|(w, t)| w * f64::from(t)).sum();
            assert_eq!(transition.reward, sum as f32, "{name}");
        }
    }
}

#[test]
fn terms_are_recorded_whatever_their_weight() {
    let play = |preset: &str| {
        let weights = RewardWeights::preset(preset).unwrap();
        let options = TaskOptions { weights, ..TaskOptions::default() };
        let mut one =
            Player::new(&Task::new(plan("artemis-30d", &[]), options).unwrap(), key(1, 0, 0));
        (one.random(0).reward, one.terms)
    };
    let (survival, efficiency) = (play("survival"), play("efficiency"));
    assert_eq!(survival.1, efficiency.1);
    assert_ne!(survival.0, efficiency.0);
}

#[test]
fn a_decision_in_figures() {
    let mut one = Player::new(&task("artemis-30d", &[]), key(1, 0, 0));
    one.hold();
    let term = |name: &str| one.terms[TERM_NAMES.iter().position(|n| *n == name).unwrap()];
    assert!((term("alive") - 600.0 / 86_400.0).abs() < 1e-7);
    assert!((term("progress") - 600.0 / 2_592_000.0).abs() < 1e-9);
    // 5 to 9 kW over ten minutes.
    assert!((0.8..1.5).contains(&term("energy")), "{}", term("energy"));
    assert_eq!((term("shed"), term("commands"), term("repair")), (0.0, 0.0, 0.0));
    assert!(term("consumables").abs() < 0.01);
}

#[test]
fn unknown_names_and_weights_are_refused() {
    let error = RewardWeights::preset("fun").unwrap_err().to_string();
    assert!(error.contains("`survival`, `efficiency`, `balanced`"), "{error}");
    let error = RewardWeights::default().with("fun", 1.0).unwrap_err().to_string();
    assert!(error.contains("`alive`"), "{error}");
    let error = RewardWeights::default().with("alive", f64::NAN).unwrap_err();
    assert!(matches!(error, TaskError::Weight { .. }));
}

#[test]
fn a_mission_within_its_limits_costs_nothing() {
    let mut one = Player::new(&task("cabin-30d", &[]), key(1, 0, 0));
    one.hold();
    assert_eq!(one.costs, [0.0; lunar_habitat_env::COSTS]);
}

#[test]
fn an_excess_costs_its_share_of_the_way_to_the_abort() {
    // 13.33 mmHg of CO2 in the mean of the first minutes, at a limit of 3 and an abort at 20 mmHg.
    let loaded = plan("cabin-30d", &[value("atmosphere.pp_co2_pa", 1_600.0)]);
    let mut one = Player::new(
        &Task::new(loaded, TaskOptions { decision_s: Some(60.0), ..TaskOptions::default() })
            .unwrap(),
        key(1, 0, 0),
    );
    one.hold();
    let mmhg = one.episode.habitat().state().mission.co2.mean().unwrap() / 133.322;
    let expected = (mmhg - 3.0) / 17.0;
    assert!(mmhg > 10.0 && (f64::from(cost(&one, "co2_1h_mean")) - expected).abs() < 1e-5);

    // Two days of water: half of the way from three days to one.
    let mut one =
        Player::new(&task("cabin-30d", &[value("stores.potable_kg", 33.4)]), key(1, 0, 0));
    one.hold();
    let reserve = cost(&one, "potable_reserve");
    assert!((0.4..0.6).contains(&reserve), "{reserve}");
}

#[test]
fn costs_are_judged_on_the_truth() {
    // An instrument that shows far too little CO2 does not make the air better.
    let mut model = plan("artemis-30d", &[value("atmosphere.pp_co2_pa", 1_600.0)]).scenario.clone();
    let mut sensors = model.sensors.clone().unwrap();
    sensors.events = ["living", "laboratory", "quarters", "airlock"]
        .map(|zone| habitat::scenario::SensorEvent {
            at_h: 0.0,
            sensor: format!("{zone}.air.pp_co2_pa"),
            mode: habitat::scenario::SensorMode::Bias,
            offset: Some(-1_500.0),
        })
        .to_vec();
    model.sensors = Some(sensors);
    let hash = habitat::scenario::hash(&model).unwrap();
    let lying = habitat::Plan::compile(&model, hash).unwrap();
    let task = Task::new(lying.into(), TaskOptions::default()).unwrap();
    let mut one = Player::new(&task, key(1, 0, 0));
    one.hold();
    assert!(one.read("air.pp_co2_pa_max") < 300.0);
    assert!(cost(&one, "co2_1h_mean") > 0.4);
}

#[test]
fn limits_are_those_of_the_catalogue() {
    let habitat = Habitat::new(plan("artemis-30d", &[]), StreamKey::default());
    let limits = |id: &str| {
        let at = habitat.catalogue().find(id).unwrap();
        habitat.catalogue().channels()[at].limits.unwrap()
    };
    let of = |name: &str| *COST_TABLE.iter().find(|cost| cost.name == name).unwrap();
    assert_eq!(of("co2_1h_mean").high, limits("living.air.pp_co2_pa").caution_high);
    assert_eq!(of("inspired_o2_1h_mean").low, limits("living.air.inspired_o2_pa").warning_low);
    assert_eq!(of("pressure").low, limits("living.air.p_total_pa").warning_low);
    assert_eq!(of("pressure").high, limits("living.air.p_total_pa").warning_high);
    assert_eq!(of("temperature").low, limits("living.air.t_k").caution_low);
    assert_eq!(of("temperature").high, limits("living.air.t_k").caution_high);
    assert_eq!(of("humidity").low, limits("living.air.rh").caution_low);
    assert_eq!(of("humidity").high, limits("living.air.rh").caution_high);
    assert_eq!(of("battery_reserve").low, limits("habitat.battery.usable").caution_low);
    assert_eq!(of("o2_fraction").high, limits("living.air.o2_fraction").warning_high);
}
