//! Spans by themselves: who they are, whom they belong to, from when to when they lived.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use tracing::Metadata;
use tracing::field::{Field, Visit};

/// Most fields of a span that are kept.
const FIELDS: usize = 16;

/// A span that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// Its name; that of its stage, where it is one.
    pub name: &'static str,
    /// Number of the trace that it belongs to; never 0. Spans below one another share it.
    pub trace: u128,
    /// Its own number; never 0.
    pub id: u64,
    /// The span around it; 0 for none.
    pub parent: u64,
    /// Whether the span around it is one of another program.
    pub is_parent_remote: bool,
    /// When it was entered first.
    pub begun: SystemTime,
    /// From there until it was left for the last time.
    pub length: Duration,
    /// How long its threads were on a processor in it, with all that is inside on the same thread.
    pub processor: Duration,
    /// Name of the thread that entered it first.
    pub thread: String,
    /// What it says of itself; 16 fields at most.
    pub fields: Vec<(&'static str, Value)>,
}

/// Who gets spans that are over, on the thread that ends them: it must neither wait nor open spans of its own.
pub trait SpanSink: Send + Sync {
    /// Take a span.
    fn take(&self, span: Ended);
}

/// A span that lives.
struct Life {
    metadata: &'static Metadata<'static>,
    holders: u32,
    trace: u128,
    id: u64,
    parent: u64,
    is_parent_remote: bool,
    times: Option<(SystemTime, Instant, Instant)>,
    cpu_ns: u64,
    thread: String,
    fields: Vec<(&'static str, Value)>,
}

/// All spans that live, by number.
pub(super) struct Lives {
    sink: Arc<dyn SpanSink>,
    /// Makes the numbers of this program others than those of the next one.
    seed: RandomState,
    next: AtomicU32,
    lives: Mutex<HashMap<u32, Life>>,
}

impl fmt::Debug for Lives {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lives").field("lives", &self.lives().len()).finish_non_exhaustive()
    }
}

impl Lives {
    pub(super) fn new(sink: Arc<dyn SpanSink>) -> Lives {
        let (seed, next) = (RandomState::new(), AtomicU32::new(1));
        Lives { sink, seed, next, lives: Mutex::default() }
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<u32, Life>> {
        self.lives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number that nobody has; never 0.
    fn chance(&self, number: u32, part: u8) -> u64 {
        let mut hasher = self.seed.build_hasher();
        hasher.write_u32(number);
        hasher.write_u8(part);
        hasher.finish().max(1)
    }

    /// A span is made below the one with the number `above`, or below that of another program which its field `traceparent`
    /// names; its number.
    pub(super) fn make(
        &self,
        above: Option<u32>,
        metadata: &'static Metadata<'static>,
        record: impl FnOnce(&mut dyn Visit),
    ) -> u32 {
        let mut number = self.next.fetch_add(1, Ordering::Relaxed);
        while number == 0 {
            number = self.next.fetch_add(1, Ordering::Relaxed);
        }
        let mut fields = Fields::default();
        record(&mut fields);
        let mut lives = self.lives();
        let around = above.and_then(|above| lives.get(&above)).map(|one| (one.trace, one.id));
        let (trace, parent) = around.or(fields.remote).unwrap_or_else(|| {
            let trace = u128::from(self.chance(number, 1)) << 64;
            (trace | u128::from(self.chance(number, 2)), 0)
        });
        lives.insert(
            number,
            Life {
                metadata,
                holders: 1,
                trace,
                id: self.chance(number, 0),
                parent,
                is_parent_remote: around.is_none() && fields.remote.is_some(),
                times: None,
                cpu_ns: 0,
                thread: String::new(),
                fields: fields.kept,
            },
        );
        number
    }

    pub(super) fn record(&self, number: u32, record: impl FnOnce(&mut dyn Visit)) {
        let mut fields = Fields::default();
        record(&mut fields);
        if let Some(life) = self.lives().get_mut(&number) {
            life.fields.extend(fields.kept);
            life.fields.truncate(FIELDS);
        }
    }

    /// A thread enters a span.
    pub(super) fn enter(&self, number: u32, thread: &str) {
        if let Some(life) = self.lives().get_mut(&number).filter(|life| life.times.is_none()) {
            let now = Instant::now();
            life.times = Some((SystemTime::now(), now, now));
            thread.clone_into(&mut life.thread);
        }
    }

    /// A thread leaves a span, after that much processor time.
    pub(super) fn exit(&self, number: u32, cpu_ns: u64) {
        if let Some(life) = self.lives().get_mut(&number) {
            life.cpu_ns = life.cpu_ns.saturating_add(cpu_ns);
            if let Some((_, _, last)) = &mut life.times {
                *last = Instant::now();
            }
        }
    }

    /// One more holds the span.
    pub(super) fn hold(&self, number: u32) {
        if let Some(life) = self.lives().get_mut(&number) {
            life.holders += 1;
        }
    }

    /// One less holds the span; with the last one it is over. One that nobody has entered is told to nobody.
    pub(super) fn drop(&self, number: u32) -> bool {
        let over = {
            let mut lives = self.lives();
            let Some(life) = lives.get_mut(&number) else { return false };
            life.holders -= 1;
            if life.holders > 0 {
                return false;
            }
            lives.remove(&number)
        };
        let Some(life) = over else { return true };
        if let Some((begun, first, last)) = life.times {
            self.sink.take(Ended {
                name: life.metadata.name(),
                trace: life.trace,
                id: life.id,
                parent: life.parent,
                is_parent_remote: life.is_parent_remote,
                begun,
                length: last.saturating_duration_since(first),
                processor: Duration::from_nanos(life.cpu_ns),
                thread: life.thread,
                fields: life.fields,
            });
        }
        true
    }

    pub(super) fn metadata(&self, number: u32) -> Option<&'static Metadata<'static>> {
        self.lives().get(&number).map(|life| life.metadata)
    }
}

/// Fields of a span as they are told.
#[derive(Default)]
struct Fields {
    kept: Vec<(&'static str, Value)>,
    remote: Option<(u128, u64)>,
}

impl Fields {
    fn keep(&mut self, field: &Field, value: Value) {
        if self.kept.len() < FIELDS {
            self.kept.push((field.name(), value));
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "traceparent" => self.remote = remote(value),
            _ => self.keep(field, value.into()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.keep(field, format!("{value:?}").into());
    }
}

/// Trace and span of another program, as the header `traceparent` of the W3C's Trace Context names them (version 00, and what
/// later versions have in common with it); none where it is not well-formed.
fn remote(header: &str) -> Option<(u128, u64)> {
    let parts: Vec<&str> = header.split('-').collect();
    let [version, trace, span, flags, rest @ ..] = &parts[..] else { return None };
    let is_hex =
        |text: &str| text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let sizes = [(version, 2), (trace, 32), (span, 16), (flags, 2)];
    let fits = sizes.iter().all(|(part, size)| part.len() == *size && is_hex(part));
    if !fits || *version == "ff" || (*version == "00" && !rest.is_empty()) {
        return None;
    }
    let trace = u128::from_str_radix(trace, 16).ok().filter(|trace| *trace != 0)?;
    let span = u64::from_str_radix(span, 16).ok().filter(|span| *span != 0)?;
    Some((trace, span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_another_program_is_taken_or_left_whole() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let told = Some((0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, 0x00f0_67aa_0ba9_02b7));
        assert_eq!(remote(good), told);
        assert_eq!(remote(&good.replace("00-4", "01-4").replace("-01", "-01-more")), told);
        let zero = "0".repeat(32);
        for bad in [
            "",
            "00",
            &good.to_uppercase(),
            &good[..54],
            &format!("{good}-more"),
            &good.replace("00-4", "ff-4"),
            &good.replace("4bf92f3577b34da6a3ce929d0e0e4736", &zero),
            &good.replace("00f067aa0ba902b7", &zero[..16]),
            &good.replace("4bf9", "+bf9"),
        ] {
            assert_eq!(remote(bad), None, "{bad}");
        }
    }
}
