//! Columns of what a shield did.

use catalogue::{Values, Words};

use crate::{Intervention, Task};

/// Rows as in the rollout around them.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    horizon_s: f64,
    limits: Words,
    breaks_s: Vec<f64>,
    rules_break_s: Vec<f64>,
    asked: Vec<Vec<f32>>,
}

impl Guard {
    /// No rows, for actions of this length.
    pub(super) fn new(dials: usize, horizon_s: f64) -> Guard {
        Guard {
            horizon_s,
            limits: Words::default(),
            breaks_s: Vec::new(),
            rules_break_s: Vec::new(),
            asked: vec![Vec::new(); dials],
        }
    }

    /// How far the shield looks, s.
    pub(super) fn horizon_s(&self) -> f64 {
        self.horizon_s
    }

    /// Append the row of a decision or of an end.
    pub(super) fn push(&mut self, intervention: Option<&Intervention>) {
        let of = |time_s: fn(&Intervention) -> f64| intervention.map_or(f64::NAN, time_s);
        self.limits.push(intervention.map_or("", |one| one.limit));
        self.breaks_s.push(of(|one| one.breaks_s));
        self.rules_break_s.push(of(|one| one.rules_break_s));
        for (dial, column) in self.asked.iter_mut().enumerate() {
            let asked = intervention.and_then(|one| one.asked.get(dial));
            column.push(asked.copied().unwrap_or(f32::NAN));
        }
    }

    /// Append the rows of another one of the same task.
    pub(super) fn extend(&mut self, other: Guard) {
        other.limits.iter().for_each(|word| self.limits.push(word));
        self.breaks_s.extend(other.breaks_s);
        self.rules_break_s.extend(other.rules_break_s);
        self.asked.iter_mut().zip(other.asked).for_each(|(to, from)| to.extend(from));
    }

    /// What a reader needs to know about the columns.
    pub(super) fn facts(&self, task: &Task) -> Vec<(String, String)> {
        let mut facts = vec![("shield".to_owned(), self.horizon_s.to_string())];
        let mut fact = |key: &str, column: &str, value: String| {
            facts.push((format!("{key}:{column}"), value));
        };
        for (column, unit, words) in [
            ("shield.limit", "1", "limit for which the decision was handed over to the rules"),
            ("shield.breaks_s", "s", "time after which it would have broken"),
            ("shield.rules_break_s", "s", "time after which the rules would break a limit"),
        ] {
            fact("unit", column, unit.to_owned());
            fact("words", column, words.to_owned());
        }
        for dial in task.actions().dials() {
            let words = format!("asked for where the decision was handed over: {}", dial.words);
            let column = format!("asked.{}", dial.name);
            fact("unit", &column, dial.unit.symbol().to_owned());
            fact("words", &column, words);
            fact("low", &column, dial.low.to_string());
            fact("high", &column, dial.high.to_string());
        }
        facts
    }

    /// Hand the columns to `add`: group, name, values.
    pub(super) fn into_columns(self, task: &Task, add: &mut impl FnMut(&str, &str, Values)) {
        add("shield", "limit", Values::Words(self.limits));
        add("shield", "breaks_s", Values::F64(self.breaks_s));
        add("shield", "rules_break_s", Values::F64(self.rules_break_s));
        for (dial, values) in task.actions().dials().iter().zip(self.asked) {
            add("asked", &dial.name, Values::F32(values));
        }
    }
}
