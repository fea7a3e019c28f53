//! What is proposed, and why.

/// What one query says for an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Text of the query.
    pub text: String,
    /// How often it was asked.
    pub calls: u64,
    /// Time it took in all, s.
    pub total_s: f64,
    /// Rows looked at for each row used, at least 1.
    pub examined_per_used: f64,
    /// Time the index is thought to save, s.
    pub saved_s: f64,
}

/// An index to create.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Its table.
    pub table: String,
    /// Its columns, the leading one first.
    pub columns: Vec<String>,
    /// Queries it serves, the most saving first.
    pub evidence: Vec<Evidence>,
    /// Time it is thought to save while the log ran, s.
    pub saved_s: f64,
    /// Time it is thought to cost the writes of that while, s.
    pub write_s: f64,
    /// Size it is thought to have, bytes.
    pub bytes: u64,
    /// Indexes that it makes needless: their columns are its first ones.
    pub replaces: Vec<String>,
}

impl Proposal {
    /// What is left of the saving after the writes, s.
    #[must_use]
    pub fn net_s(&self) -> f64 {
        self.saved_s - self.write_s
    }
}

/// An index to drop.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropping {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
    /// Room that becomes free, bytes.
    pub bytes: u64,
    /// Time the writes save, s, while the log ran.
    pub write_s: f64,
    /// The index that has its columns first, if it is needless for that; else nobody used it.
    pub covered_by: Option<String>,
}
