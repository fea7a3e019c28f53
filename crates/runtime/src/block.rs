//! A columnar block of measurements with a fixed row capacity.

use crate::RuntimeError;

/// Rows of measurements, stored by column in memory that is allocated once.
///
/// A block has one time stamp per row and one value per row and channel. Pushing, clearing and
/// reading never allocate.
///
/// ```
/// use lunar_habitat_runtime::Block;
/// let mut block = Block::new(2, 100);
/// block.push(0.0, &[56_500.0, 295.0])?;
/// block.push(600.0, &[56_480.0, 295.2])?;
/// assert_eq!(block.column(1), Some(&[295.0, 295.2][..]));
/// # Ok::<(), lunar_habitat_runtime::RuntimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Block {
    channels: usize,
    rows: usize,
    time_s: Vec<f64>,
    /// Column-major: the value of channel `c` in row `r` is at `c * rows + r`.
    values: Vec<f64>,
}

impl Block {
    /// Allocate a block for `rows` rows (at least one) of `channels` values each.
    #[must_use]
    pub fn new(channels: usize, rows: usize) -> Block {
        let rows = rows.max(1);
        Block {
            channels,
            rows,
            time_s: Vec::with_capacity(rows),
            values: vec![0.0; channels * rows],
        }
    }

    /// Append one row of values, in channel order, taken at `time_s`.
    ///
    /// # Errors
    /// [`RuntimeError::RowWidth`] when there is not one value per channel,
    /// [`RuntimeError::BlockFull`] when no row is left. The block is unchanged then.
    #[inline]
    pub fn push(&mut self, time_s: f64, row: &[f64]) -> Result<(), RuntimeError> {
        if row.len() != self.channels {
            return Err(RuntimeError::RowWidth { found: row.len(), expected: self.channels });
        }
        let at = self.time_s.len();
        if at == self.rows {
            return Err(RuntimeError::BlockFull { limit: self.rows });
        }
        self.time_s.push(time_s);
        for (column, value) in self.values.chunks_exact_mut(self.rows).zip(row) {
            column[at] = *value;
        }
        Ok(())
    }

    /// Whether the next push would be refused.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.time_s.len() == self.rows
    }

    /// Whether no row is stored.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time_s.is_empty()
    }

    /// Rows stored.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time_s.len()
    }

    /// Rows that fit.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.rows
    }

    /// Values per row.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Forget the rows and keep the memory.
    pub fn clear(&mut self) {
        self.time_s.clear();
    }

    /// Time stamps of the stored rows, s.
    #[must_use]
    pub fn time_s(&self) -> &[f64] {
        &self.time_s
    }

    /// Values of channel `index` in the stored rows, or `None` when there is no such channel.
    #[must_use]
    pub fn column(&self, index: usize) -> Option<&[f64]> {
        if index >= self.channels {
            return None;
        }
        let start = index * self.rows;
        self.values.get(start..start + self.time_s.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_columns() {
        let mut block = Block::new(3, 4);
        for row in 0..3 {
            let r = f64::from(row);
            block.push(60.0 * r, &[r, 10.0 + r, 20.0 + r]).unwrap();
        }
        assert_eq!(block.time_s(), [0.0, 60.0, 120.0]);
        assert_eq!(block.column(0), Some(&[0.0, 1.0, 2.0][..]));
        assert_eq!(block.column(2), Some(&[20.0, 21.0, 22.0][..]));
        assert_eq!(block.column(3), None);
        assert!(!block.is_full());
    }

    #[test]
    fn a_full_block_refuses_and_keeps_its_rows() {
        let mut block = Block::new(1, 2);
        block.push(0.0, &[1.0]).unwrap();
        block.push(1.0, &[2.0]).unwrap();
        assert!(block.is_full());
        assert_eq!(block.push(2.0, &[3.0]), Err(RuntimeError::BlockFull { limit: 2 }));
        assert_eq!(block.column(0), Some(&[1.0, 2.0][..]));
        block.clear();
        assert!(block.is_empty());
        block.push(3.0, &[4.0]).unwrap();
        assert_eq!(block.column(0), Some(&[4.0][..]));
    }

    #[test]
    fn a_row_of_the_wrong_width_is_refused() {
        let mut block = Block::new(2, 2);
        assert_eq!(block.push(0.0, &[1.0]), Err(RuntimeError::RowWidth { found: 1, expected: 2 }));
        assert!(block.is_empty());
    }

    #[test]
    fn a_block_without_channels_still_counts_rows() {
        let mut block = Block::new(0, 2);
        block.push(0.0, &[]).unwrap();
        assert_eq!(block.len(), 1);
        assert_eq!(block.column(0), None);
    }
}
