//! The habitat behind a recording: its channels with their limits, and what else its scenario tells.

use catalogue::{Catalogue, Channel, Unit, ValueKind};
use habitat::Plan;
use habitat::scenario::{self, Difficulty, Scenario};
use server::facts_of;
use store::Stream;
use watch::anomaly::Facts;

use super::subject::Subject;
use crate::error::CliError;

/// The habitat behind a recording.
pub struct Setting {
    /// Name of the scenario; none where it is not known.
    pub name: Option<String>,
    /// Channels in the order of a row.
    pub catalogue: Catalogue,
    /// What the scenario tells beside them; none where it is not known.
    pub facts: Option<Facts>,
    /// Whether the stream has each channel.
    pub has: Vec<bool>,
    /// Time between two readings of instruments that scatter, s; none for exact ones, which may show one number again and again.
    pub sample_s: Option<f64>,
    /// What a reader has to know of it, one sentence.
    pub note: String,
}

impl Setting {
    /// The habitat behind `stream` of `subject`, by the scenario that its settings name or that is `given`.
    ///
    /// # Errors
    /// [`CliError`] for a `given` scenario that cannot be read or has none of the channels.
    pub fn of(
        subject: &Subject,
        stream: &Stream,
        given: Option<&str>,
    ) -> Result<Setting, CliError> {
        if let Some(name) = given {
            let (plan, model, _) = compiled(subject, name)?;
            let known =
                Setting::known(stream, plan, &model, format!("Limits are those of {name}."));
            return known.ok_or_else(|| {
                let reason = "its channels are not those of the recording";
                CliError::flag(format!("--scenario {name}"), reason)
            });
        }
        let Some(name) = subject.setting("scenario") else {
            let note = "Which scenario was flown is not recorded, so no limits are known; --scenario names one.";
            return Ok(Setting::bare(stream, note.to_owned()));
        };
        let Ok((plan, model, is_exact)) = compiled(subject, &name) else {
            let note = format!(
                "The scenario `{name}` is none of those that come with this program, so no limits are known; --scenario FILE names it."
            );
            return Ok(Setting::bare(stream, note));
        };
        let note = if is_exact {
            format!("Limits are those of the scenario `{name}`, which is the one that was flown.")
        } else {
            format!(
                "Limits are those of the scenario `{name}` as it comes with this program; what was flown may have been changed."
            )
        };
        let bare =
            format!("The channels are not those of the scenario `{name}`, so no limits are known.");
        Ok(Setting::known(stream, plan, &model, note)
            .unwrap_or_else(|| Setting::bare(stream, bare)))
    }

    /// With the channels of a scenario; none where the stream has few of them.
    fn known(stream: &Stream, plan: Plan, model: &Scenario, note: String) -> Option<Setting> {
        let facts = facts_of(&plan);
        let catalogue = plan.catalogue;
        let has = present(stream, &catalogue);
        let shared = has.iter().filter(|has| **has).count();
        (2 * shared > stream.signals.len()).then(|| Setting {
            name: Some(model.name.clone()),
            catalogue,
            facts: Some(facts),
            has,
            sample_s: sample_s(model),
            note,
        })
    }

    /// With what the stream tells of its channels alone.
    fn bare(stream: &Stream, note: String) -> Setting {
        let channels = stream.signals.iter().map(|signal| {
            let (owner, quantity) = signal.name.rsplit_once('.').unwrap_or(("", &signal.name));
            let kind = if quantity.starts_with("sensed_") {
                ValueKind::Sensed
            } else if quantity.starts_with("set_") {
                ValueKind::Commanded
            } else {
                ValueKind::True
            };
            Channel {
                id: signal.name.clone(),
                quantity: quantity.replace('_', " "),
                unit: unit_of(&signal.unit),
                kind,
                limits: None,
                owner: owner.to_owned(),
                source: String::new(),
            }
        });
        // Names of a stream differ from each other, so they make a catalogue.
        let catalogue = Catalogue::new(channels.collect()).unwrap_or_default();
        let has = present(stream, &catalogue);
        Setting { name: None, catalogue, facts: None, has, sample_s: None, note }
    }
}

/// Instruments are read at decisions, where the scenario says nothing else.
fn sample_s(model: &Scenario) -> Option<f64> {
    model.sensors.as_ref().map(|sensors| sensors.sample_s.unwrap_or(model.decision_s))
}

fn present(stream: &Stream, catalogue: &Catalogue) -> Vec<bool> {
    let names: std::collections::BTreeSet<&str> =
        stream.signals.iter().map(|signal| signal.name.as_str()).collect();
    catalogue.channels().iter().map(|one| names.contains(one.id.as_str())).collect()
}

/// The unit of a symbol; a number where it is another one.
fn unit_of(symbol: &str) -> Unit {
    const ALL: [Unit; 9] = [
        Unit::Pascal,
        Unit::Kelvin,
        Unit::Mole,
        Unit::Kilogram,
        Unit::Watt,
        Unit::Joule,
        Unit::Second,
        Unit::MolePerSecond,
        Unit::KilogramPerSecond,
    ];
    ALL.into_iter().find(|unit| unit.symbol() == symbol).unwrap_or(Unit::One)
}

/// The scenario called `name` as it was flown, as far as that is recorded, and whether it is the very one.
fn compiled(subject: &Subject, name: &str) -> Result<(Plan, Scenario, bool), CliError> {
    let wanted = subject.setting("scenario_hash");
    let told: Option<Difficulty> = subject.setting("difficulty").and_then(|text| text.parse().ok());
    let all = [Difficulty::Nominal, Difficulty::Easy, Difficulty::Hard, Difficulty::Extreme];
    let tried: Vec<Difficulty> = told.map_or_else(|| all.to_vec(), |one| vec![one]);
    let mut first = None;
    for difficulty in tried {
        let model = match scenario::load_at(name, difficulty) {
            Ok(loaded) => changed(subject, loaded.scenario),
            // Not every scenario declares every difficulty.
            Err(_) if first.is_some() => continue,
            Err(error) => return Err(error.into()),
        };
        let hash = scenario::hash(&model)?;
        if wanted.as_deref() == Some(scenario::hex(&hash).as_str()) {
            return Ok((Plan::compile(&model, hash)?, model, true));
        }
        first = first.or(Some((model, hash)));
    }
    let Some((model, hash)) = first else {
        return Err(CliError::Failed(format!("no difficulty of `{name}` can be read")));
    };
    Ok((Plan::compile(&model, hash)?, model, false))
}

/// The scenario with the changes that settings and results tell of.
fn changed(subject: &Subject, model: Scenario) -> Scenario {
    let number = |key: &str| {
        subject.result(key).or_else(|| subject.setting(key).and_then(|text| text.parse().ok()))
    };
    let people = number("crew_size").map(|people| people as usize);
    let mut model = match people.filter(|people| *people != model.crew.len()) {
        Some(people) => model.clone().with_crew(people).unwrap_or(model),
        None => model,
    };
    if let (Some(factor), Some(faults)) = (number("fault_rate"), &mut model.faults) {
        faults.rate_factor = factor;
        if let Some(sensors) = &mut model.sensors {
            sensors.rate_factor = factor;
        }
    }
    if subject.kind() == "session" {
        model = model.read_each_step();
    }
    for (key, place) in [
        ("days", &mut model.duration_days),
        ("dt_s", &mut model.dt_s),
        ("decision_s", &mut model.decision_s),
    ] {
        if let Some(value) = number(key) {
            *place = value;
        }
    }
    model
}
