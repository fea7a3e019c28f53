//! Time steps that divide each other, and schedules without a hole.

use super::error::{Kind, Problem, number};
use super::{Scenario, SourceKind};

const DAY_S: f64 = 86_400.0;
const DAY_H: f64 = 24.0;

/// Whether `whole` is a whole multiple, at least one, of `part`.
fn divides(part: f64, whole: f64) -> bool {
    let ratio = whole / part;
    let nearest = ratio.round();
    nearest >= 1.0 && (ratio - nearest).abs() <= 1e-9 * nearest
}

/// Step, decision interval and duration divide each other, to one part in 10⁹.
pub(super) fn times(scenario: &Scenario) -> Result<(), Box<Problem>> {
    let (dt, decision) = (scenario.dt_s, scenario.decision_s);
    if !divides(dt, decision) {
        let found = format!("{} s", number(dt));
        let allowed = format!("a whole part of decision_s = {} s", number(decision));
        return Err(Problem::new(
            Kind::TimeStep,
            "dt_s",
            "step does not divide the decision interval",
            found,
            allowed,
        )
        .or_at("decision_s"));
    }
    let duration_s = scenario.duration_days * DAY_S;
    if !divides(decision, duration_s) {
        let found = format!("{} s", number(decision));
        let allowed = format!(
            "a whole part of duration_days = {} ({} s)",
            number(scenario.duration_days),
            number(duration_s)
        );
        return Err(Problem::new(
            Kind::TimeStep,
            "decision_s",
            "decision interval does not divide the duration",
            found,
            allowed,
        )
        .or_at("duration_days"));
    }
    Ok(())
}

/// The schedules of people and source terms have no hole and cover what they must.
///
/// A person's day ends at hour 24 exactly; a prescribed flow reaches the end of the mission or
/// beyond. Heat has `w` alone, gas and crop `kg_d` alone.
pub(super) fn schedules(scenario: &Scenario) -> Result<(), Box<Problem>> {
    for (i, person) in scenario.crew.iter().enumerate() {
        let path = format!("crew[{i}].schedule");
        let blocks: Vec<(f64, f64)> = person.schedule.iter().map(|b| (b.from_h, b.to_h)).collect();
        let end = without_hole(&path, &blocks, DAY_H)?;
        if end > DAY_H {
            return Err(ends_wrong(&path, blocks.len(), end, DAY_H));
        }
    }
    let mission_h = scenario.duration_days * DAY_H;
    for (i, term) in scenario.source_terms.iter().enumerate() {
        let path = format!("source_term[{i}].schedule");
        let rates: Vec<(f64, f64)> = term.schedule.iter().map(|r| (r.from_h, r.to_h)).collect();
        without_hole(&path, &rates, mission_h)?;
        for (j, rate) in term.schedule.iter().enumerate() {
            let heat = term.kind == SourceKind::Heat;
            let (key, value, right) =
                if heat { ("kg_d", rate.kg_d, "w") } else { ("w", rate.w, "kg_d") };
            if value != 0.0 {
                let what = if heat { "mass flow of heat" } else { "heat flow of a gas" };
                return Err(Problem::new(
                    Kind::Inconsistent,
                    format!("{path}[{j}].{key}"),
                    what,
                    format!("{key} = {}", number(value)),
                    format!("`{right}` for this kind of source term"),
                ));
            }
        }
    }
    Ok(())
}

/// Check that spans follow each other from 0 to at least `end`, and return where they end.
fn without_hole(path: &str, spans: &[(f64, f64)], end: f64) -> Result<f64, Box<Problem>> {
    let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + b.abs());
    let wrong = |index: usize, key: &str, what: &str, found: String, allowed: String| {
        Err(Problem::new(Kind::Schedule, format!("{path}[{index}].{key}"), what, found, allowed))
    };
    let mut reached = 0.0;
    for (i, &(from, to)) in spans.iter().enumerate() {
        if !same(from, reached) {
            let found = format!("from_h = {}", number(from));
            let allowed = format!("from_h = {}", number(reached));
            return match (i, from > reached) {
                (0, _) => wrong(i, "from_h", "schedule does not start at hour 0", found, allowed),
                (_, true) => {
                    let what = format!(
                        "schedule has a hole from {} to {} h",
                        number(reached),
                        number(from)
                    );
                    wrong(i, "from_h", &what, found, allowed)
                }
                (_, false) => {
                    let what =
                        format!("schedule overlaps from {} to {} h", number(from), number(reached));
                    wrong(i, "from_h", &what, found, allowed)
                }
            };
        }
        if to <= from {
            let found = format!("to_h = {}", number(to));
            return wrong(
                i,
                "to_h",
                "schedule runs backwards",
                found,
                format!("more than {}", number(from)),
            );
        }
        reached = to;
    }
    if spans.is_empty() {
        let allowed = format!("entries from hour 0 to hour {}", number(end));
        return Err(Problem::new(Kind::Schedule, path, "schedule is empty", "no entry", allowed));
    }
    if reached < end && !same(reached, end) {
        return Err(ends_wrong(path, spans.len(), reached, end));
    }
    Ok(reached)
}

fn ends_wrong(path: &str, length: usize, found: f64, end: f64) -> Box<Problem> {
    Problem::new(
        Kind::Schedule,
        format!("{path}[{}].to_h", length.saturating_sub(1)),
        format!("schedule does not end at hour {}", number(end)),
        format!("to_h = {}", number(found)),
        format!("to_h = {}", number(end)),
    )
}
