//! What one thread counts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use runtime::memory::Allocated;

use super::clock::{thread_cpu_ns, thread_number};
use super::fold::{Cost, StageFigures};
use super::profiler::At;

/// A span that the thread is in.
#[derive(Debug)]
struct Open {
    at: At,
    begun: Instant,
    cpu_ns: u64,
    allocated: Allocated,
    /// What spans inside it took on the same thread.
    inside: Cost,
    /// What this profiler itself allocated meanwhile.
    own: Allocated,
}

/// A span that is kept by itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) place: u32,
    pub(super) begun: Instant,
    pub(super) wall_ns: u64,
    pub(super) cpu_ns: u64,
}

#[derive(Debug, Default)]
pub(super) struct Pages {
    open: Vec<Open>,
    /// By place, without the path: that is the tree's to know.
    pub(super) sums: Vec<Option<Box<StageFigures>>>,
    pub(super) kept: Vec<Kept>,
    /// Shorter spans are not kept any more, ns.
    shortest_ns: u64,
    /// Spans that were not kept.
    pub(super) dropped: u64,
}

/// Sums of one thread; only it writes, others look now and then.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(super) name: String,
    pub(super) number: i32,
    pages: Mutex<Pages>,
}

impl Thread {
    pub(super) fn this() -> Thread {
        let thread = std::thread::current();
        let name = thread.name().map_or_else(|| format!("{:?}", thread.id()), str::to_owned);
        Thread { name, number: thread_number(), pages: Mutex::default() }
    }

    pub(super) fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The innermost span that the thread is in.
    pub(super) fn current(&self) -> Option<At> {
        self.pages().open.last().map(|open| open.at)
    }

    /// Enter a span.
    pub(super) fn enter(&self, at: At) {
        let before = Allocated::by_this_thread();
        let mut pages = self.pages();
        let place = at.place as usize;
        if pages.sums.len() <= place {
            pages.sums.resize_with(place + 1, || None);
        }
        pages.sums[place].get_or_insert_default();
        pages.open.reserve(1);
        let allocated = Allocated::by_this_thread();
        if let Some(outer) = pages.open.last_mut() {
            outer.own = sum(outer.own, allocated.since(before));
        }
        let (inside, own) = (Cost::default(), Allocated::default());
        let (begun, cpu_ns) = (Instant::now(), thread_cpu_ns());
        pages.open.push(Open { at, begun, cpu_ns, allocated, inside, own });
    }

    /// Leave a span, whose stage stands below `above`; `most` spans are kept by themselves. Its processor time, ns; none where
    /// the thread was not in it.
    pub(super) fn exit(&self, at: At, above: u32, most: usize) -> Option<u64> {
        let cpu_ns = thread_cpu_ns();
        let wall = Instant::now();
        let allocated = Allocated::by_this_thread();
        let mut pages = self.pages();
        // Futures may leave in another order than they entered.
        let position = pages.open.iter().rposition(|open| open.at == at)?;
        let open = pages.open.remove(position);
        let made = allocated.since(open.allocated);
        let whole = Cost {
            wall_ns: wall.saturating_duration_since(open.begun).as_nanos() as u64,
            cpu_ns: cpu_ns.saturating_sub(open.cpu_ns),
            bytes: made.bytes.saturating_sub(open.own.bytes),
            allocations: made.calls.saturating_sub(open.own.calls),
        };
        if at.place == 0 {
            // No stage: what was inside it was inside the one around it.
            if let Some(outer) = pages.open.last_mut() {
                outer.inside.add(&open.inside);
                let ours = Allocated::by_this_thread().since(allocated);
                outer.own = sum(outer.own, sum(open.own, ours));
            }
            return Some(whole.cpu_ns);
        }
        let place = at.place;
        let is_apart = pages.open.last().map_or(above != 0, |outer| outer.at.place != above);
        if let Some(sums) = pages.sums.get_mut(place as usize).and_then(Option::as_deref_mut) {
            sums.runs += 1;
            sums.own.add(&whole.without(&open.inside));
            if is_apart {
                sums.apart_ns += whole.wall_ns;
            }
            sums.lengths.record(std::time::Duration::from_nanos(whole.wall_ns));
        }
        if most > 0 {
            let (begun, wall_ns) = (open.begun, whole.wall_ns);
            pages.keep(Kept { place, begun, wall_ns, cpu_ns: whole.cpu_ns }, most);
        }
        if let Some(outer) = pages.open.last_mut() {
            outer.inside.add(&whole);
            let ours = Allocated::by_this_thread().since(allocated);
            outer.own = sum(outer.own, sum(open.own, ours));
        }
        Some(whole.cpu_ns)
    }

    /// Count work in the innermost place.
    pub(super) fn count(&self, items: Option<u64>, moved: Option<u64>) {
        let mut pages = self.pages();
        let Some(place) = pages.open.last().map(|open| open.at.place) else {
            return;
        };
        if let Some(sums) = pages.sums.get_mut(place as usize).and_then(Option::as_deref_mut) {
            sums.items = sums.items.saturating_add(items.unwrap_or(0));
            sums.empty += u64::from(items == Some(0));
            sums.moved = sums.moved.saturating_add(moved.unwrap_or(0));
        }
    }
}

impl Pages {
    /// Keep a span; where there are too many the shorter half goes, and as short ones are not taken any more.
    fn keep(&mut self, span: Kept, most: usize) {
        if span.wall_ns < self.shortest_ns {
            self.dropped += 1;
            return;
        }
        if self.kept.len() >= most {
            let mut lengths: Vec<u64> = self.kept.iter().map(|kept| kept.wall_ns).collect();
            let middle = lengths.len() / 2;
            let (_, median, _) = lengths.select_nth_unstable(middle);
            // At least one more than before, so that spans of one length make room too.
            self.shortest_ns = (*median).max(self.shortest_ns + 1);
            let before = self.kept.len();
            let shortest_ns = self.shortest_ns;
            self.kept.retain(|kept| kept.wall_ns >= shortest_ns);
            self.dropped += (before - self.kept.len()) as u64;
            if self.kept.len() >= most {
                self.dropped += 1;
                return;
            }
        }
        self.kept.push(span);
    }
}

fn sum(one: Allocated, other: Allocated) -> Allocated {
    Allocated { bytes: one.bytes + other.bytes, calls: one.calls + other.calls }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_spans_stay_when_there_is_no_room_for_all() {
        let mut pages = Pages::default();
        let begun = Instant::now();
        for wall_ns in 0..10_000 {
            // Long ones among many short ones.
            let wall_ns = if wall_ns % 1_000 == 999 { 1_000_000 + wall_ns } else { wall_ns % 7 };
            pages.keep(Kept { place: 1, begun, wall_ns, cpu_ns: 0 }, 64);
            assert!(pages.kept.len() <= 64);
        }
        assert_eq!(pages.kept.iter().filter(|kept| kept.wall_ns > 1_000_000).count(), 10);
        assert_eq!(pages.dropped + pages.kept.len() as u64, 10_000);
    }
}
