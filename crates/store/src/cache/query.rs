//! What a cache has to know of keys and results, and the key of a query.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::source::Source;

/// What a key of a [`QueryCache`](super::QueryCache) says of itself.
///
/// Keys that are equal read the same sources in the same order.
pub trait CacheKey {
    /// Everything that the result depends on.
    fn reads(&self) -> &[Source];

    /// Memory that the key holds beside its own size, bytes; the same at every call.
    fn weight_bytes(&self) -> usize {
        0
    }
}

/// How much memory a result takes.
pub trait Weighed {
    /// Memory that the result holds, its own size included, bytes; the same at every call.
    fn weight_bytes(&self) -> usize;
}

impl<T: Copy> Weighed for Vec<T> {
    fn weight_bytes(&self) -> usize {
        size_of::<Self>() + self.capacity() * size_of::<T>()
    }
}

impl Weighed for String {
    fn weight_bytes(&self) -> usize {
        size_of::<Self>() + self.capacity()
    }
}

/// A parameter of a query.
#[derive(Debug, Clone)]
pub enum Parameter {
    /// No value.
    Null,
    /// An integer.
    Integer(i64),
    /// A real number; two are the same parameter when they are the same bits.
    Real(f64),
    /// A text.
    Text(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
}

impl Parameter {
    fn weight_bytes(&self) -> usize {
        match self {
            Parameter::Null | Parameter::Integer(_) | Parameter::Real(_) => 0,
            Parameter::Text(text) => text.len(),
            Parameter::Bytes(bytes) => bytes.len(),
        }
    }
}

impl PartialEq for Parameter {
    fn eq(&self, other: &Parameter) -> bool {
        match (self, other) {
            (Parameter::Null, Parameter::Null) => true,
            (Parameter::Integer(one), Parameter::Integer(two)) => one == two,
            (Parameter::Real(one), Parameter::Real(two)) => one.to_bits() == two.to_bits(),
            (Parameter::Text(one), Parameter::Text(two)) => one == two,
            (Parameter::Bytes(one), Parameter::Bytes(two)) => one == two,
            _ => false,
        }
    }
}

impl Eq for Parameter {}

impl Hash for Parameter {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        std::mem::discriminant(self).hash(hasher);
        match self {
            Parameter::Null => {}
            Parameter::Integer(value) => value.hash(hasher),
            Parameter::Real(value) => value.to_bits().hash(hasher),
            Parameter::Text(text) => text.hash(hasher),
            Parameter::Bytes(bytes) => bytes.hash(hasher),
        }
    }
}

/// A query: what it reads, its text and its parameters. A clone shares all of it.
///
/// # Examples
/// ```
/// use lunar_habitat_store::cache::{Generations, Parameter, Query};
/// let runs = Generations::default().source("runs");
/// let text = "select name from runs where id = ?";
/// let one = Query::new(&[runs.clone()], text, vec![Parameter::Integer(1)]);
/// let two = Query::new(&[runs], text, vec![Parameter::Integer(2)]);
/// assert_ne!(one, two);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query(Arc<Parts>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Parts {
    parameters: Box<[Parameter]>,
    text: Box<str>,
    reads: Box<[Source]>,
}

impl Query {
    /// A query that reads `reads`; the order in which they are named does not matter.
    #[must_use]
    pub fn new(reads: &[Source], text: &str, parameters: Vec<Parameter>) -> Query {
        let mut reads = reads.to_vec();
        reads.sort_by(|one, two| one.name().cmp(two.name()));
        reads.dedup();
        let (parameters, text) = (parameters.into_boxed_slice(), Box::from(text));
        Query(Arc::new(Parts { parameters, text, reads: reads.into_boxed_slice() }))
    }

    /// Text of the query.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Its parameters, in the order of their places in the text.
    #[must_use]
    pub fn parameters(&self) -> &[Parameter] {
        &self.0.parameters
    }
}

impl CacheKey for Query {
    fn reads(&self) -> &[Source] {
        &self.0.reads
    }

    fn weight_bytes(&self) -> usize {
        size_of::<Parts>()
            + self.0.text.len()
            + size_of_val(&*self.0.reads)
            + size_of_val(&*self.0.parameters)
            + self.0.parameters.iter().map(Parameter::weight_bytes).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Generations;

    #[test]
    fn queries_differ_by_each_part() {
        let generations = Generations::default();
        let (a, b) = (generations.source("a"), generations.source("b"));
        let of = |reads: &[Source], text, parameter| Query::new(reads, text, vec![parameter]);
        let both = [a.clone(), b.clone()];
        let query = of(&both, "select", Parameter::Integer(1));
        assert_eq!(query, of(&[b, a.clone(), a.clone()], "select", Parameter::Integer(1)));
        assert_ne!(query, of(&[a], "select", Parameter::Integer(1)));
        assert_ne!(query, of(&both, "select all", Parameter::Integer(1)));
        assert_ne!(query, of(&both, "select", Parameter::Real(1.0)));
        assert_ne!(query, of(&both, "select", Parameter::Null));
        assert_eq!(Parameter::Real(f64::NAN), Parameter::Real(f64::NAN));
        assert_ne!(Parameter::Text("1".into()), Parameter::Bytes(b"1".as_slice().into()));
    }

    #[test]
    fn a_query_weighs_its_texts() {
        let bare = Query::new(&[], "", Vec::new());
        let text = Parameter::Text("x".repeat(1_000).into());
        let heavy = Query::new(&[], &"y".repeat(500), vec![text]);
        assert!(heavy.weight_bytes() >= bare.weight_bytes() + 1_500);
    }
}
