//! What the rules remember, as words: a stored episode goes on with it to the bit.
//!
//! Every part of the rules takes its struct apart field by field, so that a new field does not compile before it is
//! said whether it is remembered. What is built from the habitat at the start (places, handles, set-points to keep) and
//! what every decision writes anew (estimates) is not.

use super::Rules;

/// A part of the rules whose numbers can be saved and put back.
pub(super) trait Remembered {
    /// Hand every number that changes to `word`, in one order and count; what it returns is the number from then on.
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64);
}

impl Remembered for f64 {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        *self = f64::from_bits(word(self.to_bits()));
    }
}

impl Remembered for bool {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        *self = word(u64::from(*self)) != 0;
    }
}

impl Remembered for (f64, f64) {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        self.0.recall(word);
        self.1.recall(word);
    }
}

impl Remembered for (f64, f64, f64) {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        self.0.recall(word);
        self.1.recall(word);
        self.2.recall(word);
    }
}

/// A flag, and what there is; zeros where there is nothing, so that the count of words never changes.
impl<T: Remembered + Default> Remembered for Option<T> {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        let is_some = word(u64::from(self.is_some())) != 0;
        let mut value = self.take().unwrap_or_default();
        value.recall(word);
        *self = is_some.then_some(value);
    }
}

impl<T: Remembered> Remembered for Vec<T> {
    fn recall(&mut self, word: &mut dyn FnMut(u64) -> u64) {
        self.iter_mut().for_each(|item| item.recall(word));
    }
}

impl Rules {
    /// All that changes from decision to decision but the thresholds.
    pub(crate) fn memory(&self) -> Vec<u64> {
        let mut words = Vec::new();
        self.clone().recall(&mut |word| {
            words.push(word);
            word
        });
        words
    }

    /// Go on with a [`Rules::memory`] of rules for the same habitat; says whether it is one, and is to be dropped if not.
    pub(crate) fn remember(&mut self, words: &[u64]) -> bool {
        let (mut next, mut taken) = (words.iter(), 0);
        self.recall(&mut |_| {
            taken += 1;
            next.next().copied().unwrap_or_default()
        });
        // Words that stand for nothing do not come back as they were.
        taken == words.len() && self.memory() == words
    }
}

#[cfg(test)]
mod tests {
    use habitat::scenario::{self, Difficulty};
    use habitat::{Habitat, Plan, StreamKey};

    use super::super::supervised::{SUPERVISED, of_entries};
    use super::*;
    use crate::Controller;

    fn through(value: &mut impl Remembered, words: &[u64]) -> Vec<u64> {
        let (mut next, mut seen) = (words.iter(), Vec::new());
        value.recall(&mut |word| {
            seen.push(word);
            next.next().copied().unwrap_or(word)
        });
        seen
    }

    /// Every part is printed, so nothing that differs from the start can have been forgotten.
    #[test]
    fn rules_that_remember_are_those_that_went_on() {
        for (name, env) in [("sensor-faults", 1), ("cascade", 2), ("polar-darkness", 3)] {
            let loaded = scenario::load_at(name, Difficulty::Extreme).unwrap();
            let plan = Plan::compile(&loaded.scenario, loaded.hash).unwrap();
            let mut habitat = Habitat::new(plan.into(), StreamKey { env, ..StreamKey::default() });
            let start = Rules::new(&habitat);
            let (mut rules, mut known) = (start.clone(), vec![f64::NAN; habitat.catalogue().len()]);
            let mut commands = Vec::new();
            for decision in 0..900_u32 {
                if decision % 100 == 0 {
                    let entry = (decision / 100) as f32 / 4.0 - 1.0;
                    rules.set_settings(of_entries(&[entry; SUPERVISED]));
                }
                let mut back = start.clone();
                back.set_settings(*rules.settings());
                assert!(decision % 10 > 0 || back.remember(&rules.memory()), "{name} {decision}");
                // All but the estimates, which the next decision writes anew.
                let parts = |r: &Rules| {
                    format!(
                        "{:?}",
                        (&r.diagnosis, &r.oxygen, &r.air, &r.water, &r.power, &r.regulator)
                    )
                };
                assert!(decision % 10 > 0 || parts(&back) == parts(&rules), "{name} {decision}");
                habitat.read_known(&mut known);
                commands.clear();
                rules.decide(&known, habitat.t_s(), &mut commands);
                if decision % 10 == 0 {
                    let mut others = Vec::new();
                    back.decide(&known, habitat.t_s(), &mut others);
                    assert_eq!(others, commands, "{name} {decision}");
                    assert_eq!(format!("{back:?}"), format!("{rules:?}"), "{name} {decision}");
                }
                for command in &commands {
                    habitat.command(command.actuator, command.value).unwrap();
                }
                (0..2).for_each(|_| habitat.step(300.0).unwrap());
            }
        }
    }

    #[test]
    fn numbers_that_are_none_and_numbers_that_are_not_there_keep_their_bits() {
        let odd = f64::from_bits(0x7ff8_0000_0000_1234);
        let mut value = Some((odd, -0.0));
        let words = through(&mut value, &[]);
        assert_eq!(words, [1, odd.to_bits(), (-0.0_f64).to_bits()]);
        let mut other: Option<(f64, f64)> = None;
        assert_eq!(through(&mut other, &words), [0, 0, 0]);
        assert_eq!(through(&mut other, &[0, 0, 0]), words);
        assert_eq!(other, None);
    }
}
