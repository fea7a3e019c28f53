use std::sync::Arc;

use catalogue::{Catalogue, Channel, Limits, Unit, ValueKind};

use super::signal::Follower;
use super::{Detector, Rule};
use crate::WatchError;
use crate::alarm::{AlarmOverride, AlarmPlan, Alarms, Bound, Overrides, Snapshot, Transition};

/// Hysteresis of the alarm of a score, as a share of its limit. Assumed.
const DEADBAND: f64 = 0.1;

/// Alarms and anomalies of one habitat together: a row of readings in, transitions out.
///
/// # Memory
/// One of `artemis-30d` (111 instruments, 172 rules) holds 119 KiB when it is new, 337 KiB after a day of samples at 60 s and
/// 397 KiB from the second day on. Its rules and limits are another 255 KiB, which lookouts of equal habitats share
/// ([`Lookout::fresh`]). Samples more often than that take as much more: what a rule averages, balances or holds against yesterday
/// is 8 bytes a sample.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use catalogue::{Catalogue, Channel, Unit, ValueKind};
/// use lunar_habitat_watch::alarm::Overrides;
/// use lunar_habitat_watch::anomaly::{Facts, Lookout, Rule, rules_of};
///
/// let catalogue = Catalogue::new(vec![Channel {
///     id: "living.air.sensed_t_k".into(),
///     quantity: "temperature".into(),
///     unit: Unit::Kelvin,
///     kind: ValueKind::Sensed,
///     limits: None,
///     owner: "living.air".into(),
///     source: "example".into(),
/// }])?;
/// let rules: Arc<[Rule]> = rules_of(&catalogue, &Facts::default()).into();
/// let overrides = Overrides::default();
/// let mut lookout = Lookout::new(&catalogue, Arc::clone(&rules), &overrides)?;
/// // An instrument that shows the same number again and again is stuck.
/// let raised = (0..7).flat_map(|k| lookout.push(60.0 * f64::from(k), &[295.0]).to_vec()).last();
/// assert_eq!(raised.map(|one| one.alarm).as_deref(), Some("living.air.anomaly_stuck_t_k:caution_high"));
/// // Another one goes on from there.
/// let snapshot = lookout.alarms().snapshot();
/// let other = Lookout::restore(&catalogue, rules, &overrides, snapshot)?;
/// assert_eq!(other.alarms().active(), lookout.alarms().active());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Lookout {
    rules: Arc<[Rule]>,
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
    /// Lookouts of equal habitats share their rules. The hysteresis of a score is a tenth of its limit where `overrides` say
    /// nothing else.
    ///
    /// # Errors
    /// As [`AlarmPlan::compile`]; [`WatchError::Range`] for a limit of a score that is not above 0, and for a hysteresis that is
    /// larger.
    pub fn new(
        catalogue: &Catalogue,
        rules: impl Into<Arc<[Rule]>>,
        overrides: &Overrides,
    ) -> Result<Lookout, WatchError> {
        let rules = rules.into();
        let alarms = Alarms::new(plan_of(catalogue, &rules, overrides)?);
        Ok(Lookout::of(rules, alarms))
    }

    /// Go on from what the alarms of another one remembered ([`Alarms::snapshot`]), under limits that may be others.
    ///
    /// Open alarms, who acknowledged and who shelved them go on. What detectors had learnt does not: each rule is silent until
    /// its past is long enough again, which is six hours for most, and a day more for what is held against yesterday. An
    /// anomaly that is open stays so until its rule says that it is over.
    ///
    /// # Errors
    /// As [`Lookout::new`] and [`Alarms::restore`].
    pub fn restore(
        catalogue: &Catalogue,
        rules: impl Into<Arc<[Rule]>>,
        overrides: &Overrides,
        snapshot: Snapshot,
    ) -> Result<Lookout, WatchError> {
        let rules = rules.into();
        let alarms = Alarms::restore(plan_of(catalogue, &rules, overrides)?, snapshot)?;
        Ok(Lookout::of(rules, alarms))
    }

    /// Another one for an equal habitat that has seen nothing yet; both share rules and limits.
    #[must_use]
    pub fn fresh(&self) -> Lookout {
        Lookout::of(Arc::clone(&self.rules), self.alarms.fresh())
    }

    /// As [`Lookout::restore`], with the rules and the limits of this one, which both share.
    ///
    /// # Errors
    /// As [`Alarms::restore`].
    pub fn resumed(&self, snapshot: Snapshot) -> Result<Lookout, WatchError> {
        Ok(Lookout::of(Arc::clone(&self.rules), self.alarms.resumed(snapshot)?))
    }

    fn of(rules: Arc<[Rule]>, alarms: Alarms) -> Lookout {
        let channels = alarms.plan().channels.len();
        Lookout {
            followers: vec![Follower::default(); rules.len()],
            detectors: rules.iter().map(|rule| rule.detection.build()).collect(),
            scores: vec![f64::NAN; rules.len()],
            row: Vec::with_capacity(channels),
            first: channels - rules.len(),
            alarms,
            rules,
        }
    }

    /// Take in a row of readings in the order of the catalogue; return what changed.
    ///
    /// A time that [`Alarms::push`] refuses changes nothing here either.
    pub fn push(&mut self, t_s: f64, readings: &[f64]) -> &[Transition] {
        if !self.alarms.accepts(t_s) {
            // Counted there.
            return self.alarms.push(t_s, &[]);
        }
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

/// The alarms of the sensed channels of `catalogue` and, behind them, of the scores of `rules`.
fn plan_of(
    catalogue: &Catalogue,
    rules: &[Rule],
    overrides: &Overrides,
) -> Result<AlarmPlan, WatchError> {
    let rest = Overrides { alarms: Vec::new(), ..overrides.clone() };
    let mut plan = AlarmPlan::compile(catalogue, &rest)?;
    for rule in rules {
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
            alarm.on_delay_s = rule.on_delay_s;
            alarm.off_delay_s = rule.off_delay_s;
            alarm.priority = rule.priority;
        }
    }
    let first = plan.channels.len() - rules.len();
    plan.apply(&overrides.alarms)?;
    let id = |one: &AlarmOverride| format!("{}:{}", one.channel, one.bound.name());
    let told = overrides.alarms.iter().filter(|one| one.deadband.is_some());
    let told: Vec<String> = told.map(id).collect();
    for alarm in plan.alarms.iter_mut().filter(|alarm| alarm.channel >= first) {
        if !told.contains(&alarm.id) {
            alarm.deadband = DEADBAND * alarm.limit;
        }
        // A score is 0 at least, so that nothing below would ever end the alarm.
        let refuse = |quantity, found: f64, allowed: String| WatchError::Range {
            place: alarm.id.clone(),
            quantity,
            found: found.to_string(),
            allowed,
        };
        if alarm.limit <= 0.0 {
            return Err(refuse(
                "limit",
                alarm.limit,
                "more than 0, since it is one of a score".into(),
            ));
        }
        if alarm.deadband > alarm.limit {
            let allowed = format!("up to the limit of the score, {}", alarm.limit);
            return Err(refuse("deadband", alarm.deadband, allowed));
        }
    }
    Ok(plan)
}
