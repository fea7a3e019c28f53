//! One file may be flown at several difficulties: each is the file with a few keys changed, sound in itself, and a wrong
//! one is refused with its place. The number of people changes what is sized by them.

#![allow(clippy::unwrap_used)] // A test fails by panicking.

use lunar_habitat_habitat::scenario::{
    self, Difficulty, Loaded, SHIPPED, ScenarioError, load, load_at, parse_at,
};
use lunar_habitat_habitat::{Habitat, Plan, StreamKey};

const TEXT: &str = r#"
extends = "cabin-30d"
name = "mine"
duration_days = 1.0

[difficulty.easy.stores]
o2_kg = 80.0

[[difficulty.hard.zone]]
name = "laboratory"
leak_fraction_per_day = 0.02

[difficulty.hard]
duration_days = 2.0
"#;

fn sentence(result: Result<Loaded, ScenarioError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_difficulty_changes_its_keys_and_nothing_else() {
    let nominal = parse_at("mine.toml", TEXT, Difficulty::Nominal).unwrap();
    let hard = parse_at("mine.toml", TEXT, Difficulty::Hard).unwrap();
    assert_eq!(nominal.difficulties, [Difficulty::Easy, Difficulty::Nominal, Difficulty::Hard]);
    assert_eq!((nominal.difficulty, hard.difficulty), (Difficulty::Nominal, Difficulty::Hard));
    assert_eq!((nominal.scenario.duration_days, hard.scenario.duration_days), (1.0, 2.0));
    assert_eq!(hard.scenario.zones[1].leak_fraction_per_day, 0.02);
    assert_eq!(hard.scenario.zones[1].volume_m3, 120.0);
    assert_eq!(hard.scenario.zones[0], nominal.scenario.zones[0]);
    assert_ne!(hard.hash, nominal.hash);
}

#[test]
fn nominal_is_the_file_without_its_difficulties() {
    let without = TEXT.split("[difficulty").next().unwrap();
    let nominal = parse_at("mine.toml", TEXT, Difficulty::Nominal).unwrap();
    let plain = scenario::parse("mine.toml", without).unwrap();
    assert_eq!(nominal.hash, plain.hash);
}

#[test]
fn what_a_file_does_not_declare_is_refused_with_what_it_does() {
    let found = sentence(parse_at("mine.toml", TEXT, Difficulty::Extreme));
    assert!(found.contains("`extreme`; allowed `easy`, `nominal`, `hard`"), "{found}");
    let found = sentence(load_at("leak-box", Difficulty::Easy));
    assert!(found.contains("`easy`; allowed `nominal`"), "{found}");
}

#[test]
fn bad_difficulties_are_refused_with_their_place() {
    let cases = [
        ("[difficulty.brutal]\ndt_s = 30.0\n", "2:13: unknown difficulty: found `brutal`"),
        ("[difficulty.nominal]\ndt_s = 30.0\n", "2:13: unknown difficulty: found `nominal`"),
        (
            "[difficulty.hard]\nname = \"other\"\n",
            "3:1: key that a difficulty cannot change: found `name`",
        ),
        ("[difficulty]\nhard = 3\n", "3:8: wrong type: found 3; allowed a table"),
    ];
    for (text, expected) in cases {
        let text = format!("extends = \"cabin-30d\"\n{text}");
        let found = sentence(parse_at("bad.toml", &text, Difficulty::Nominal));
        assert!(found.contains(expected), "{found}");
    }
    let text = "extends = \"cabin-30d\"\n[difficulty.hard.stores]\no2_kg = -1.0\n";
    let found = sentence(parse_at("bad.toml", text, Difficulty::Hard));
    assert!(found.contains("3:9: out of range: found -1 kg"), "{found}");
    let text = "extends = \"cabin-30d\"\n[difficulty.hard.stores]\no2 = 1.0\n";
    let found = sentence(parse_at("bad.toml", text, Difficulty::Hard));
    assert!(found.contains("3:1: ") && found.contains("o2"), "{found}");
}

#[test]
fn every_difficulty_of_every_shipped_scenario_steps() {
    for shipped in SHIPPED {
        for difficulty in load(shipped.name).unwrap().difficulties {
            let loaded = load_at(shipped.name, difficulty).unwrap();
            let plan = Plan::compile(&loaded.scenario, loaded.hash).unwrap();
            let key = StreamKey::default();
            let (plan, _) = std::sync::Arc::new(plan).for_episode(key, &[]).unwrap();
            let mut habitat = Habitat::new(plan, key);
            for _ in 0..10 {
                habitat.step(loaded.scenario.dt_s).unwrap();
            }
        }
    }
}

#[test]
fn what_is_sized_by_people_goes_with_their_number() {
    let model = load("artemis-30d").unwrap().scenario;
    let one = model.with_crew(1).unwrap();
    assert_eq!(one.crew, model.crew[..1]);
    assert_eq!(one.stores.food_dry_kg, 0.25 * model.stores.food_dry_kg);
    assert_eq!(one.lioh[0].lioh_kg, 20.0);
    assert_eq!(model.with_crew(4).unwrap(), model);
    let twelve = model.with_crew(12).unwrap();
    assert_eq!(twelve.crew[11].name, "dmitri_3");
    assert_eq!(twelve.oga[0].o2_kg_d, twelve.oga[0].o2_max_kg_d);
    let plan = Plan::compile(&twelve, scenario::hash(&twelve).unwrap()).unwrap();
    let mut habitat = Habitat::new(plan.into(), StreamKey::default());
    habitat.step(60.0).unwrap();
    for (people, words) in [(0, "number of people"), (13, "allowed 1 to 12")] {
        let problem = model.with_crew(people).unwrap_err().to_string();
        assert!(problem.contains(words), "{problem}");
    }
    let nobody = load("leak-box").unwrap().scenario.with_crew(2).unwrap_err().to_string();
    assert!(nobody.contains("nobody"), "{nobody}");
}
