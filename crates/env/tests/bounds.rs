//! Whatever is done to a habitat, an observation stays within its declared bounds, and numbers stay numbers.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

mod player;

use lunar_habitat_env::Status;
use player::{Player, key, task};

/// Play at random through whole missions until `decisions` are taken.
fn random_play(name: &str, decisions: u64) {
    let task = task(name, &[]);
    let (mut episode, mut lost) = (0, 0);
    let mut one = Player::new(&task, key(2, 0, episode));
    let mut least = vec![f32::INFINITY; task.observations().len()];
    let mut most = vec![f32::NEG_INFINITY; task.observations().len()];
    for decision in 0..decisions {
        // A dial turns every few decisions, so that some missions last.
        one.episode.hold(&mut one.action).unwrap();
        let dial = (decision % 31) as usize;
        if let Some(value) = one.action.get_mut(dial) {
            *value = player::random(9, decision);
        }
        let transition = one.step().unwrap();
        for (place, value) in one.observation.iter().enumerate() {
            let field = &task.observations().fields()[place].name;
            assert!((-1.0..=1.0).contains(value), "{field} is {value} at decision {decision}");
            least[place] = least[place].min(*value);
            most[place] = most[place].max(*value);
        }
        assert!(one.terms.iter().all(|term| term.is_finite()), "{:?}", one.terms);
        assert!(one.costs.iter().all(|cost| *cost >= 0.0 && cost.is_finite()), "{:?}", one.costs);
        assert!(transition.reward.is_finite());
        if !transition.status.is_running() {
            lost += u64::from(transition.status != Status::Truncated);
            episode += 1;
            one = Player::new(&task, key(2, 0, episode));
        }
    }
    let moving = least.iter().zip(&most).filter(|(least, most)| most > least).count();
    assert!(moving * 4 > least.len() * 3, "{moving} of {} fields move", least.len());
    assert!(lost > 0, "random play loses some missions");
}

#[test]
fn random_play_stays_in_bounds_on_artemis() {
    random_play("artemis-30d", 6_000);
}

#[test]
fn random_play_stays_in_bounds_in_darkness() {
    random_play("polar-darkness", 6_000);
}

#[test]
fn random_play_stays_in_bounds_in_the_cabin() {
    random_play("cabin-30d", 6_000);
}
