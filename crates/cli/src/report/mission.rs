//! A recorded mission, read once: its plots, what alarms find in it, and which limits its true values passed.

use std::collections::BTreeMap;

use catalogue::{Channel, Standing, ValueKind};
use store::{Database, Span, Stream};
use watch::alarm::Overrides;
use watch::report::{Plot, Table};

use super::alarms::{Log, Raised};
use super::setting::Setting;
use crate::error::CliError;
use crate::simulate::plots::{Plots, Topic};
use crate::simulate::words::{day_clock, shown, time};

/// Rows that are read at once, about.
const ROWS: i64 = 4_096;

/// A mission as its recording shows it.
pub struct Mission {
    /// Plots by topic, in reading order.
    pub plots: Vec<(Topic, Plot)>,
    /// Alarms that were raised; none where nobody measured.
    pub raised: Vec<Raised>,
    /// Whether there were instruments to raise alarms.
    pub is_watched: bool,
    /// Rows that brought new readings of instruments.
    pub seen: u64,
    /// Anomalies that need rows closer to each other.
    pub left_out: usize,
    /// True values beyond their limits.
    pub passed: Vec<Passed>,
    /// First and last time, s.
    pub span_s: (f64, f64),
    /// Number of rows.
    pub rows: u64,
    /// Usual time between two rows, s.
    pub every_s: f64,
}

/// A limit that a true value passed.
pub struct Passed {
    /// What it is about, and where.
    name: String,
    /// Caution or warning.
    standing: Standing,
    first_s: f64,
    beyond_s: f64,
    /// Lowest and highest value while it was beyond.
    ends: (f64, f64),
    channel: Channel,
}

/// Show all rows of `stream` in the order of the catalogue, a part of them in memory at a time; channels that were not
/// recorded are not numbers.
///
/// # Errors
/// What the database reports.
pub fn each_row(
    database: &Database,
    stream: &Stream,
    setting: &Setting,
    see: &mut dyn FnMut(f64, &[f64]),
) -> Result<(), CliError> {
    let Some((first, last)) = stream.span_us else { return Ok(()) };
    let channels = setting.catalogue.channels().iter().enumerate();
    let wanted: Vec<(usize, &str)> = channels
        .filter(|(at, _)| setting.has[*at])
        .map(|(at, channel)| (at, channel.id.as_str()))
        .collect();
    let names: Vec<&str> = wanted.iter().map(|(_, name)| *name).collect();
    let parts = (stream.count as i64 / ROWS + 1).max(1);
    let width = ((last - first) / parts).max(1);
    let mut row = vec![f64::NAN; setting.catalogue.len()];
    let mut from = first;
    while from <= last {
        let to = from.saturating_add(width - 1).min(last);
        let rows = database.read(stream, &names, Span::Time(from, to))?;
        for (number, time_us) in rows.time_us().iter().enumerate() {
            for (column, (at, _)) in wanted.iter().enumerate() {
                row[*at] = rows.column(column).get(number).copied().unwrap_or(f64::NAN);
            }
            see(*time_us as f64 / 1e6, &row);
        }
        from = to.saturating_add(1);
    }
    Ok(())
}

impl Mission {
    /// Read a recording.
    ///
    /// # Errors
    /// What the database reports; overrides that the habitat does not take.
    pub fn read(
        database: &Database,
        stream: &Stream,
        setting: &Setting,
        overrides: &Overrides,
    ) -> Result<Mission, CliError> {
        let (first, last) = stream.span_us.unwrap_or_default();
        let span_s = (first as f64 / 1e6, last as f64 / 1e6);
        let every_s = (span_s.1 - span_s.0) / (stream.count.max(2) - 1) as f64;
        let channels = setting.catalogue.channels();
        let mut log = Log::new(setting, every_s, overrides)?;
        let mut plots = Plots::new(&setting.catalogue);
        let mut passed: BTreeMap<(usize, bool), Passed> = BTreeMap::new();
        let limited: Vec<usize> = (0..channels.len())
            .filter(|at| channels[*at].kind == ValueKind::True && channels[*at].limits.is_some())
            .filter(|at| setting.has[*at])
            .collect();
        let is_true: Vec<bool> = channels.iter().map(|one| one.kind == ValueKind::True).collect();
        let mut known = vec![f64::NAN; channels.len()];
        let mut before_s: Option<f64> = None;
        let mut rows = 0;
        each_row(database, stream, setting, &mut |t_s, row| {
            plots.recorded(t_s, rows == 0, row);
            for ((known, value), is_true) in known.iter_mut().zip(row).zip(&is_true) {
                *known = if *is_true { f64::NAN } else { *value };
            }
            log.see(t_s, &known);
            let gone_s = before_s.map_or(0.0, |before_s| (t_s - before_s).max(0.0));
            for at in &limited {
                let value = row[*at];
                let standing = channels[*at].standing(value);
                if !value.is_finite() || !matches!(standing, Standing::Caution | Standing::Warning)
                {
                    continue;
                }
                let one = passed.entry((*at, standing == Standing::Warning)).or_insert_with(|| {
                    let channel = channels[*at].clone();
                    Passed {
                        name: format!("{} of {}", channel.quantity, channel.owner),
                        standing,
                        first_s: t_s,
                        beyond_s: 0.0,
                        ends: (value, value),
                        channel,
                    }
                });
                one.beyond_s += gone_s;
                one.ends = (one.ends.0.min(value), one.ends.1.max(value));
            }
            before_s = Some(t_s);
            rows += 1;
        })?;
        Ok(Mission {
            plots: plots.of_recorded(span_s.1),
            is_watched: log.is_watched(),
            seen: log.seen,
            left_out: log.left_out,
            raised: log.finish(),
            passed: passed.into_values().collect(),
            span_s,
            rows,
            every_s,
        })
    }

    /// True values beyond limits, as a table.
    pub fn passed(&self) -> Table {
        let mut all: Vec<&Passed> = self.passed.iter().collect();
        all.sort_by(|a, b| {
            let is_warning = |one: &Passed| one.standing == Standing::Warning;
            is_warning(b).cmp(&is_warning(a)).then(a.first_s.total_cmp(&b.first_s))
        });
        let row = |one: &&Passed| {
            let kind = if one.standing == Standing::Warning { "warning" } else { "caution" };
            vec![
                one.name.clone(),
                kind.to_owned(),
                day_clock(one.first_s),
                time(one.beyond_s),
                shown(one.ends.0, &one.channel),
                shown(one.ends.1, &one.channel),
            ]
        };
        Table {
            title: "True values beyond their limits".to_owned(),
            columns: ["what", "limit", "first at", "in all", "lowest then", "highest then"]
                .map(str::to_owned)
                .to_vec(),
            rows: all.iter().map(row).collect(),
        }
    }
}
