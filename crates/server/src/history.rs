//! Rows of a session or a run: what is in the database and what is not in it yet, as one list without a seam.

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Database, Event, Rows, Span, Stream};
use tracing::info_span;
use utoipa::ToSchema;

use crate::ApiError;
use crate::fleet::Member;
use crate::session::unkept::Fresh;

/// Rows that are given at most when nothing else is asked for.
pub const ROWS_USUAL: usize = 2_000;
/// Rows that may be asked for.
pub const ROWS_MOST: usize = 100_000;
/// Values that may be asked for at once.
pub const VALUES_MOST: usize = 2_000_000;
/// Channels that may be asked for at once.
pub const CHANNELS_MOST: usize = 64;
/// A time between two rows that is so many times the usual one is a gap.
const GAP: f64 = 1.5;

/// Rows of some channels.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Slice {
    /// Mission times, s, ascending.
    pub t_s: Vec<f64>,
    /// Values by channel, in SI; null where there is no number.
    pub values: BTreeMap<String, Vec<Option<f64>>>,
    /// Times without rows, s: last row before and first row after.
    pub gaps: Vec<[f64; 2]>,
    /// Whether rows were left out; those with the lowest and the highest value of each interval are there.
    pub thinned: bool,
}

/// A span of mission time from what was asked for, µs.
///
/// # Errors
/// 422 for what is no finite number, or a span that ends before it begins.
pub fn span_us(from_s: Option<f64>, to_s: Option<f64>) -> Result<(i64, i64), ApiError> {
    let micros = |what: &str, value: Option<f64>, otherwise: i64| match value {
        None => Ok(otherwise),
        Some(value) if value.abs() < 9.2e12 => Ok((value * 1e6).round() as i64),
        Some(value) => {
            Err(ApiError::refused(format!("{what} is {value}; it has to be within 9.2e12 s")))
        }
    };
    let (from, to) = (micros("from_s", from_s, i64::MIN)?, micros("to_s", to_s, i64::MAX)?);
    if from > to {
        return Err(ApiError::refused("from_s is after to_s"));
    }
    Ok((from, to))
}

/// Names of channels from a list separated by commas, checked against what there is.
///
/// # Errors
/// 422 for none, for too many and for one that is not there.
pub fn channels(asked: &str, has: impl Fn(&str) -> bool) -> Result<Vec<String>, ApiError> {
    let mut names: Vec<String> = Vec::new();
    for name in asked.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if !has(name) {
            return Err(ApiError::refused(format!("there is no channel `{name}`")));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    if names.is_empty() || names.len() > CHANNELS_MOST {
        let found = names.len();
        return Err(ApiError::refused(format!(
            "{found} channels are asked for; allowed are 1 to {CHANNELS_MOST}"
        )));
    }
    Ok(names)
}

/// Rows of a session.
///
/// # Errors
/// What the database reports.
pub fn of_session(
    database: &Database,
    member: &Member,
    names: &[String],
    (from_us, to_us): (i64, i64),
    most: usize,
) -> Result<Slice, ApiError> {
    let _stage = info_span!("history").entered();
    // What waits is looked at first: what becomes durable in between is then found twice and never missed, and the older
    // part is cut where the younger begins.
    let fresh = member.session.fresh(from_us);
    let border_us = fresh.first().map_or(i64::MAX, |row| row.time_us);
    let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut columns: Vec<Vec<f64>> = vec![Vec::new(); names.len()];
    let mut times: Vec<i64> = Vec::new();
    if from_us < border_us {
        let span = Span::Time(from_us, to_us.min(border_us.saturating_sub(1)));
        take(&database.read(&member.stream, &wanted, span)?, &mut times, &mut columns);
    }
    let places: Vec<usize> =
        wanted.iter().filter_map(|name| member.stream.position(name)).collect();
    for Fresh { time_us, row } in fresh.iter().filter(|fresh| fresh.time_us <= to_us) {
        times.push(*time_us);
        for (column, place) in columns.iter_mut().zip(&places) {
            column.push(row.get(*place).copied().unwrap_or(f64::NAN));
        }
    }
    Ok(slice(names, &times, &columns, most))
}

/// Rows of a stream of a run that was recorded.
///
/// # Errors
/// What the database reports.
pub fn of_stream(
    database: &Database,
    stream: &Stream,
    names: &[String],
    (from_us, to_us): (i64, i64),
    most: usize,
) -> Result<Slice, ApiError> {
    let _stage = info_span!("history").entered();
    let wanted: Vec<&str> = names.iter().map(String::as_str).collect();
    let rows = database.recall(stream, &wanted, Span::Time(from_us, to_us))?;
    let mut columns = vec![Vec::new(); names.len()];
    let mut times = Vec::new();
    take(&rows, &mut times, &mut columns);
    Ok(slice(names, &times, &columns, most))
}

/// Events that are kept and those that wait, each once. What waited a moment ago may be kept by now.
pub fn joined(kept: Vec<Event>, waiting: impl Iterator<Item = Event>) -> Vec<Event> {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let key = |event: &Event| {
        let Event { time_us, kind, severity, source, text, detail } = event;
        format!("{time_us}\0{kind}\0{}\0{source}\0{text}\0{detail}", severity.name())
    };
    for event in &kept {
        *known.entry(key(event)).or_default() += 1;
    }
    let mut list = kept;
    for event in waiting {
        match known.get_mut(&key(&event)) {
            Some(count) if *count > 0 => *count -= 1,
            _ => list.push(event),
        }
    }
    // One that waited may be older than the last ones that are kept by now.
    list.sort_by_key(|event| event.time_us);
    list
}

fn take(rows: &Rows, times: &mut Vec<i64>, columns: &mut [Vec<f64>]) {
    times.extend_from_slice(rows.time_us());
    for (at, column) in columns.iter_mut().enumerate() {
        column.extend_from_slice(rows.column(at));
    }
}

fn slice(names: &[String], times: &[i64], columns: &[Vec<f64>], most: usize) -> Slice {
    let gaps = gaps(times);
    let keep = thinned(times.len(), columns, most);
    let seconds = |row: usize| times[row] as f64 / 1e6;
    let of = |column: &Vec<f64>| -> Vec<Option<f64>> {
        let shown = keep.iter().map(|row| column[*row]);
        shown.map(|value| value.is_finite().then_some(value)).collect()
    };
    Slice {
        t_s: keep.iter().map(|row| seconds(*row)).collect(),
        values: names.iter().cloned().zip(columns.iter().map(of)).collect(),
        gaps,
        thinned: keep.len() < times.len(),
    }
}

/// Where rows are missing: a time that is longer than usual. What is usual is the time in the middle.
fn gaps(times: &[i64]) -> Vec<[f64; 2]> {
    let mut steps: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if steps.is_empty() {
        return Vec::new();
    }
    let middle = steps.len() / 2;
    let usual = *steps.select_nth_unstable(middle).1 as f64;
    let is_gap = |pair: &&[i64]| (pair[1] - pair[0]) as f64 > GAP * usual;
    let pairs = times.windows(2).filter(is_gap);
    pairs.map(|pair| [pair[0] as f64 / 1e6, pair[1] as f64 / 1e6]).collect()
}

/// Rows that stay of `count`, `most` at most: all, or of each interval those with the lowest and the highest value of each
/// channel, and the first and the last of all. Where there is no room for the extremes of every channel, rows at equal
/// distances.
fn thinned(count: usize, columns: &[Vec<f64>], most: usize) -> Vec<usize> {
    if count <= most {
        return (0..count).collect();
    }
    let intervals = most.saturating_sub(2) / (2 * columns.len().max(1));
    if intervals == 0 {
        let last = most.max(2) - 1;
        return (0..=last).map(|row| row * (count - 1) / last).collect();
    }
    let mut keep = vec![0];
    for interval in 0..intervals {
        let (from, to) = (interval * count / intervals, (interval + 1) * count / intervals);
        let begin = keep.len();
        for column in columns {
            let numbers = (from..to).filter(|row| column[*row].is_finite());
            let by_value = |a: &usize, b: &usize| column[*a].total_cmp(&column[*b]);
            keep.extend(numbers.clone().min_by(by_value));
            keep.extend(numbers.max_by(by_value));
        }
        keep[begin..].sort_unstable();
    }
    keep.push(count - 1);
    keep.dedup();
    keep
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_extremes_and_the_ends() {
        let column: Vec<f64> = (0..10_000)
            .map(|row| if row == 7_123 { 50.0 } else { (row as f64 * 0.01).sin() })
            .collect();
        let keep = thinned(column.len(), std::slice::from_ref(&column), 500);
        assert!(keep.len() <= 500 && keep.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(keep.contains(&7_123) && keep.first() == Some(&0) && keep.last() == Some(&9_999));
        assert_eq!(thinned(10, &[vec![0.0; 10]], 10), (0..10).collect::<Vec<_>>());
        // More channels than there is room for the extremes of.
        let many = vec![column; 64];
        for most in [2, 3, 100, 129, 130, 131] {
            let keep = thinned(10_000, &many, most);
            assert!(keep.len() <= most && keep.windows(2).all(|pair| pair[0] < pair[1]), "{most}");
            assert!(keep.first() == Some(&0) && keep.last() == Some(&9_999));
        }
    }

    #[test]
    fn events_that_are_kept_meanwhile_are_told_once() {
        let event = |time_us: i64, text: &str| Event {
            time_us,
            kind: "command".into(),
            severity: store::Severity::Advisory,
            source: "session".into(),
            text: text.into(),
            detail: "{}".into(),
        };
        let (a, b, c) = (event(1, "a"), event(2, "b"), event(2, "c"));
        let list = joined(vec![a.clone(), b.clone()], [b.clone(), c.clone()].into_iter());
        assert_eq!(list, [a, b, c.clone()]);
        // All were written in between, and of what is kept the last one alone was asked for.
        let (old, new) = (event(3, "old"), event(4, "new"));
        let list = joined(vec![new.clone()], [old.clone(), new.clone()].into_iter());
        assert_eq!(list, [old, new]);
        // What happened twice is told twice.
        assert_eq!(joined(vec![c.clone()], [c.clone(), c.clone()].into_iter()).len(), 2);
    }

    #[test]
    fn a_gap_is_a_time_longer_than_usual() {
        let minute = 60_000_000;
        assert!(gaps(&[0, minute, 2 * minute]).is_empty());
        assert_eq!(gaps(&[0, minute, 2 * minute, 9 * minute, 10 * minute]), [[120.0, 540.0]]);
        assert!(gaps(&[]).is_empty() && gaps(&[5]).is_empty());
    }

    #[test]
    fn spans_and_channels_are_checked() {
        assert_eq!(span_us(Some(1.0), None).unwrap(), (1_000_000, i64::MAX));
        assert!(span_us(Some(f64::NAN), None).is_err() && span_us(Some(2.0), Some(1.0)).is_err());
        assert_eq!(channels("a, b,a", |_| true).unwrap(), ["a", "b"]);
        assert!(channels("", |_| true).is_err() && channels("c", |name| name == "a").is_err());
    }
}
