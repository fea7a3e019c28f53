//! Rows of measurements by column.

use runtime::Block;

use crate::StoreError;

/// Rows of measurements by column, with the time of each in whole microseconds.
///
/// ```
/// use lunar_habitat_store::Rows;
/// let mut rows = Rows::new(2);
/// rows.push(60_000_000, &[1.0, 2.0]);
/// assert_eq!((rows.len(), rows.column(1)), (1, &[2.0][..]));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    pub(crate) time_us: Vec<i64>,
    pub(crate) columns: Vec<Vec<f64>>,
}

impl Rows {
    /// No rows of `channels` values each.
    #[must_use]
    pub fn new(channels: usize) -> Rows {
        Rows { time_us: Vec::new(), columns: vec![Vec::new(); channels] }
    }

    /// Append a row; values that are missing become NaN, what is too much is left out.
    pub fn push(&mut self, time_us: i64, row: &[f64]) {
        self.time_us.push(time_us);
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.push(row.get(at).copied().unwrap_or(f64::NAN));
        }
    }

    /// Append the rows of a block.
    ///
    /// # Errors
    /// [`StoreError::Rows`] for another number of channels, or a time that is not finite or beyond ±292 000 years; none of the
    /// rows is taken then.
    pub fn append(&mut self, block: &Block, stream: &str) -> Result<(), StoreError> {
        let refused = |reason: String| Err(StoreError::Rows { stream: stream.to_owned(), reason });
        if block.channels() != self.columns.len() {
            let (found, expected) = (block.channels(), self.columns.len());
            return refused(format!("{found} values a row; it has {expected} channels"));
        }
        if let Some(bad) = block.time_s().iter().find(|t| !t.is_finite() || t.abs() > 9.2e12) {
            return refused(format!("time {bad} s; it has to be finite and within 9.2e12 s"));
        }
        self.time_us.extend(block.time_s().iter().map(|time_s| (time_s * 1e6).round() as i64));
        for (at, column) in self.columns.iter_mut().enumerate() {
            column.extend_from_slice(block.column(at).unwrap_or_default());
        }
        Ok(())
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time_us.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time_us.is_empty()
    }

    /// Number of channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.columns.len()
    }

    /// Times, µs.
    #[must_use]
    pub fn time_us(&self) -> &[i64] {
        &self.time_us
    }

    /// Values of a channel; empty where there is no such channel.
    #[must_use]
    pub fn column(&self, at: usize) -> &[f64] {
        self.columns.get(at).map_or(&[], Vec::as_slice)
    }

    /// Earliest and latest time.
    pub(crate) fn span_us(&self) -> Option<(i64, i64)> {
        Some((*self.time_us.iter().min()?, *self.time_us.iter().max()?))
    }

    pub(crate) fn clear(&mut self) {
        self.time_us.clear();
        self.columns.iter_mut().for_each(Vec::clear);
    }

    /// Move all rows of `other` to the end of these.
    pub(crate) fn take_over(&mut self, other: &mut Rows) {
        self.time_us.append(&mut other.time_us);
        for (column, more) in self.columns.iter_mut().zip(&mut other.columns) {
            column.append(more);
        }
    }

    /// Keep the rows for which `keep` is true.
    pub(crate) fn keep(&mut self, keep: &[bool]) {
        fn kept<T: Copy>(values: &mut Vec<T>, keep: &[bool]) {
            let mut at = 0;
            values.retain(|_| {
                at += 1;
                keep[at - 1]
            });
        }
        kept(&mut self.time_us, keep);
        self.columns.iter_mut().for_each(|column| kept(column, keep));
    }

    /// Cut off and return the rows from `at` on.
    pub(crate) fn split_off(&mut self, at: usize) -> Rows {
        Rows {
            time_us: self.time_us.split_off(at),
            columns: self.columns.iter_mut().map(|column| column.split_off(at)).collect(),
        }
    }

    /// Drop the first `count` rows.
    pub(crate) fn drop_first(&mut self, count: usize) {
        self.time_us.drain(..count);
        for column in &mut self.columns {
            column.drain(..count);
        }
    }

    /// Put the rows in the order of time; rows of one time stay as they are.
    pub(crate) fn sort(&mut self) {
        if self.time_us.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|row| self.time_us[*row]);
        self.time_us = order.iter().map(|row| self.time_us[*row]).collect();
        for column in &mut self.columns {
            *column = order.iter().map(|row| column[*row]).collect();
        }
    }
}
