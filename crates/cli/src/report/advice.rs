//! What to do, first things first.

use store::Event;
use watch::alarm::{Bound, Priority};
use watch::regression::{Change, Judgement};
use watch::report::Table;

use super::alarms::Raised;
use crate::simulate::words::{day_clock, time};

/// How long before an alarm an event may have caused it, s: a day.
const BEFORE_S: f64 = 86_400.0;
/// Kinds of events that cause something.
const CAUSES: [&str; 5] = ["failure", "injection", "loads", "command", "abort"];
/// Most lines of the list.
const MOST: usize = 40;

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// How soon.
    pub urgency: &'static str,
    /// What.
    pub action: String,
    /// Why: what was found, and what came before it.
    pub reason: String,
}

/// Everything there is to do, the most urgent first.
pub fn tasks(
    raised: &[Raised],
    events: &[Event],
    speed: Option<&Judgement>,
    findings: &[String],
) -> Vec<Task> {
    // A caution says nothing more where the warning of its channel is there.
    let is_outdone = |one: &&Raised| {
        let warning = if one.bound.is_low() { Bound::WarningLow } else { Bound::WarningHigh };
        let channel = |raised: &Raised| raised.id.split(':').next().map(str::to_owned);
        !one.bound.is_warning()
            && one.bound != Bound::Silent
            && raised.iter().any(|other| other.bound == warning && channel(other) == channel(one))
    };
    let of = raised.iter().filter(|one| !is_outdone(one));
    let mut tasks: Vec<Task> = of.map(|one| task(one, events)).collect();
    if let Some(judged) = speed.filter(|judged| judged.change == Change::Slower) {
        tasks.push(Task {
            urgency: "before the next release",
            action: "Look for what became slower since the earlier runs: code, settings, machine"
                .to_owned(),
            reason: judged.to_string(),
        });
    }
    tasks.extend(findings.iter().map(|advice| Task {
        urgency: "when speed matters",
        action: advice.clone(),
        reason: "its profile shows it".to_owned(),
    }));
    tasks
}

fn task(raised: &Raised, events: &[Event]) -> Task {
    let look = match raised.suspects.as_slice() {
        [] => raised.owner.clone(),
        all => all.join(", then "),
    };
    let action = if raised.bound == Bound::Silent {
        format!("See whether the instrument of {look} has power, and take its place by another one")
    } else if raised.is_anomaly {
        format!("Look at {look}")
    } else {
        let side = if raised.bound.is_low() { "up over" } else { "down under" };
        let Raised { quantity, owner, limit, .. } = raised;
        format!("Bring {quantity} of {owner} {side} {limit}: look at {look}")
    };
    let mut reason = format!(
        "{}; first at {}, {}",
        raised.text(),
        day_clock(raised.first_s),
        if raised.count == 1 {
            format!("for {}", time(raised.lasted_s))
        } else {
            format!("{} times, {} in all", raised.count, time(raised.lasted_s))
        }
    );
    if raised.is_open {
        reason.push_str(", still so at the end");
    }
    if let Some(event) = cause(raised, events) {
        let ago = time(raised.first_s - event.time_us as f64 / 1e6);
        reason.push_str(&format!("; {ago} before it: {}", event.text));
    }
    Task { urgency: raised.urgency(), action, reason }
}

/// The last event before an alarm that could have caused it: one of a suspect, else loads without power.
fn cause<'a>(raised: &Raised, events: &'a [Event]) -> Option<&'a Event> {
    let near = |event: &&Event| {
        let ago_s = raised.first_s - event.time_us as f64 / 1e6;
        CAUSES.contains(&event.kind.as_str()) && (0.0..=BEFORE_S).contains(&ago_s)
    };
    let is_suspect = |event: &&Event| {
        let mut names = raised.suspects.iter().chain([&raised.owner]);
        names.any(|name| {
            event.source.starts_with(name.as_str()) || event.text.contains(name.as_str())
        })
    };
    let of_suspect = events.iter().rev().filter(near).find(is_suspect);
    of_suspect.or_else(|| events.iter().rev().filter(near).find(|event| event.kind == "loads"))
}

/// The tasks as a table.
pub fn table(tasks: &[Task]) -> Table {
    let row = |(at, task): (usize, &Task)| {
        let Task { urgency, action, reason } = task;
        vec![(at + 1).to_string(), (*urgency).to_owned(), action.clone(), reason.clone()]
    };
    Table {
        title: String::new(),
        columns: ["", "how soon", "what", "why"].map(str::to_owned).to_vec(),
        rows: tasks.iter().take(MOST).enumerate().map(row).collect(),
    }
}

/// How many tasks the table leaves out.
pub fn left_out(tasks: &[Task]) -> usize {
    tasks.len().saturating_sub(MOST)
}

/// How many alarms are urgent.
pub fn urgent(raised: &[Raised]) -> usize {
    raised.iter().filter(|one| one.priority >= Priority::High).count()
}

#[cfg(test)]
mod tests {
    use store::Severity;

    use super::*;

    fn event(t_s: f64, kind: &str, source: &str, text: &str) -> Event {
        Event {
            time_us: (t_s * 1e6) as i64,
            kind: kind.into(),
            severity: Severity::Warning,
            source: source.into(),
            text: text.into(),
            detail: "{}".into(),
        }
    }

    #[test]
    fn the_cause_is_the_last_event_of_a_suspect() {
        let raised =
            Raised::example("living.cdra.anomaly_intake:caution_high", &["living.cdra"], 9e4);
        let events = [
            event(1.0, "failure", "living.cdra", "too long ago"),
            event(8e4, "failure", "living.cdra", "living.cdra has failed"),
            event(8.5e4, "failure", "galley.oga", "galley.oga has failed"),
            event(9.5e4, "failure", "living.cdra", "later"),
        ];
        assert_eq!(
            cause(&raised, &events).map(|one| one.text.as_str()),
            Some("living.cdra has failed")
        );
        let other = [events[0].clone(), events[2].clone(), events[3].clone()];
        assert!(cause(&raised, &other).is_none());
        let dark = [event(8.6e4, "loads", "habitat.power", "blackout"), events[2].clone()];
        assert_eq!(cause(&raised, &dark).map(|one| one.text.as_str()), Some("blackout"));
        assert!(cause(&raised, &[event(8e4, "crew", "crew", "sleeps")]).is_none());
        let tasks = tasks(&[raised], &events, None, &["Give it more threads".into()]);
        assert_eq!((tasks.len(), tasks[0].action.as_str()), (2, "Look at living.cdra"));
        assert!(tasks[0].reason.contains("living.cdra has failed"), "{}", tasks[0].reason);
    }
}
