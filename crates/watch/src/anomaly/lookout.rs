use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};

use super::signal::Follower;
use super::{Detector, Rule};
use crate::WatchError;
use crate::alarm::{AlarmPlan, Alarms, Bound, Overrides, Transition};

/// Alarms and anomalies of one habitat together: a row of readings in, transitions out.
pub struct Lookout {
    rules: Vec<Rule>,
    followers: Vec<Follower>,
    detectors: Vec<Box<dyn Detector>>,
    scores: Vec<f64>,
    /// Place of the first score in a row of the alarms.
    first: usize,
    row: Vec<f64>,
    alarms: Alarms,
}

impl Lookout {
    /// Alarms of every sensed channel of `catalogue`, and of the scores of `rules`, changed by `overrides`.
    ///
    /// # Errors
    /// As [`AlarmPlan::compile`].
    pub fn new(
        catalogue: &Catalogue,
        rules: Vec<Rule>,
        overrides: &Overrides,
    ) -> Result<Lookout, WatchError> {
        let rest = Overrides { alarms: Vec::new(), ..overrides.clone() };
        let mut plan = AlarmPlan::compile(catalogue, &rest)?;
        let first = plan.channels.len();
        for rule in &rules {
            let channel = Channel {
                id: rule.id.clone(),
                quantity: rule.quantity.clone(),
                unit: Unit::One,
                kind: ValueKind::Sensed,
                limits: Some(Limits { caution_high: Some(1.0), ..Limits::default() }),
                owner: rule.owner.clone(),
                source: "score of an anomaly".into(),
            };
            let at = plan.add(&channel, None);
            for alarm in plan.alarms.iter_mut().filter(|alarm| alarm.channel == at) {
                alarm.deadband = 0.1;
                alarm.on_delay_s = rule.on_delay_s;
                alarm.off_delay_s = rule.off_delay_s;
                alarm.priority = rule.priority;
            }
        }
        plan.apply(&overrides.alarms)?;
        Ok(Lookout {
            followers: vec![Follower::default(); rules.len()],
            detectors: rules.iter().map(|rule| rule.detection.build()).collect(),
            scores: vec![f64::NAN; rules.len()],
            row: Vec::with_capacity(plan.channels.len()),
            alarms: Alarms::new(plan),
            first,
            rules,
        })
    }

    /// Take in a row of readings in the order of the catalogue; return what changed.
    pub fn push(&mut self, t_s: f64, readings: &[f64]) -> &[Transition] {
        for (at, rule) in self.rules.iter().enumerate() {
            let value = self.followers[at].value(&rule.signal, t_s, readings);
            if self.followers[at].is_shut() {
                self.detectors[at].pause();
            }
            let score = value.and_then(|value| self.detectors[at].push(t_s, value));
            self.scores[at] = score.unwrap_or(f64::NAN);
        }
        self.alarms.plan().gather(readings, &mut self.row);
        self.row[self.first..].copy_from_slice(&self.scores);
        self.alarms.push(t_s, &self.row)
    }

    /// The last score of each rule; not a number where nothing could be said.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The alarms, to be listed.
    #[must_use]
    pub fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// The alarms, to be acknowledged and shelved.
    pub fn alarms_mut(&mut self) -> &mut Alarms {
        &mut self.alarms
    }

    /// Whose fault an alarm is taken to be: the suspects of its rule, or the owner of its channel.
    #[must_use]
    pub fn suspects(&self, alarm: &str) -> Vec<&str> {
        let Some((channel, bound)) = alarm.rsplit_once(':') else { return Vec::new() };
        if bound != Bound::Silent.name()
            && let Some(rule) = self.rules.iter().find(|rule| rule.id == channel)
        {
            return rule.suspects.iter().map(String::as_str).collect();
        }
        let channels = &self.alarms.plan().channels;
        channels.iter().filter(|one| one.id == channel).map(|one| one.owner.as_str()).collect()
    }
}
