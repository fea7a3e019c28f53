//! The row `memory`: pooled checkouts and returns per second, beside the system's allocator on the same sizes.
//!
//! Sizes are those that a run has, drawn once: 40 % packets of 256 B to 4 KiB, 20 % pages of 4 to 64 KiB, 40 % buffers of
//! rollouts of 64 KiB to 8 MiB, each even in its logarithm. Eight are out at a time; the oldest goes back first. Every page
//! of every buffer is written once. Pool and system take turns, so that what else the machine does falls on both; the
//! system's allocator is asked directly, without the samples that the program takes of its own allocations.
//!
//! # Bar
//! The pool is at least as fast as the system's allocator, and nothing is out at the end.
//!
//! # JSON
//! `value` is checkouts with their returns per second. `detail`: `system`, the same of the system's allocator; `ratio`;
//! `lowest` and `highest` ratio of a repetition; `hits`, the share of checkouts that found an idle buffer; `leaked`,
//! buffers that did not come back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Instant;

use runtime::memory::{BufferPool, MemoryBudget};
use serde::Serialize;

use super::rate::Rate;
use super::{Measured, Row, verdict};
use crate::error::CliError;
use crate::table::fixed;

/// Least ratio to the system's allocator.
const BAR: f64 = 1.0;
/// Figure of the predecessor.
const PREDECESSOR: f64 = 926_501.7;
/// Checkouts of a repetition.
const CHECKOUTS: usize = 20_000;
/// Repetitions.
const REPETITIONS: usize = 7;
/// Buffers that are out at a time.
const OUT: usize = 8;
/// Bytes between two that are written.
const PAGE: usize = 4_096;

#[derive(Debug, Serialize)]
struct Detail {
    system: f64,
    ratio: f64,
    lowest: f64,
    highest: f64,
    hits: f64,
    leaked: u64,
}

/// Sizes of a run, bytes, the same at every run.
fn sizes() -> Vec<usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut size = || {
        let (low, high) = match draw() {
            kind if kind < 0.4 => (256.0_f64, 4_096.0_f64),
            kind if kind < 0.6 => (4_096.0, 65_536.0),
            _ => (65_536.0, 8_388_608.0),
        };
        (low * (high / low).powf(draw())) as usize
    };
    (0..CHECKOUTS).map(|_| size()).collect()
}

/// A piece of memory of the system, given back when it is dropped.
struct Plain {
    at: *mut u8,
    layout: Layout,
}

impl Plain {
    fn new(size: usize) -> Result<Plain, CliError> {
        let refused = || CliError::Failed(format!("the system refuses {size} bytes"));
        let layout = Layout::from_size_align(size.max(1), 16).map_err(|_| refused())?;
        // SAFETY: the layout is of one byte at least.
        let at = unsafe { System.alloc(layout) };
        if at.is_null() { Err(refused()) } else { Ok(Plain { at, layout }) }
    }

    fn touch(&mut self) {
        for at in (0..self.layout.size()).step_by(PAGE) {
            // SAFETY: `at` is below the size of the piece, which is this one's alone.
            unsafe { self.at.add(at).write_volatile(1) };
        }
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // SAFETY: it came from this allocator with this layout and is not used after this.
        unsafe { System.dealloc(self.at, self.layout) };
    }
}

/// Checkouts per second of `take`, which gives a touched piece of memory.
fn timed<T>(
    sizes: &[usize],
    mut take: impl FnMut(usize) -> Result<T, CliError>,
) -> Result<f64, CliError> {
    let mut out = VecDeque::with_capacity(OUT);
    let start = Instant::now();
    for size in sizes {
        if out.len() == OUT {
            out.pop_front();
        }
        out.push_back(black_box(take(*size)?));
    }
    drop(out);
    Ok(sizes.len() as f64 / start.elapsed().as_secs_f64())
}

/// Measure the row.
///
/// # Errors
/// [`CliError`] when the machine has too little memory.
pub fn measure() -> Result<Measured, CliError> {
    let sizes = sizes();
    let pool = BufferPool::new(MemoryBudget::process(), "bench");
    let pooled = |size: usize| {
        let mut lease = pool.checkout::<u8>(size);
        if let Ok(lease) = &mut lease {
            // Through a volatile write as beside, so that neither is left out.
            lease.iter_mut().step_by(PAGE).for_each(|byte| *black_box(byte) = 1);
        }
        lease.map_err(|error| CliError::Failed(error.to_string()))
    };
    let plain = |size: usize| {
        let mut piece = Plain::new(size)?;
        piece.touch();
        Ok(piece)
    };
    let (mut ours, mut systems, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first repetition warms up.
    for repetition in 0..=REPETITIONS {
        let (own, system) = (timed(&sizes, pooled)?, timed(&sizes, plain)?);
        if repetition > 0 {
            ours.push(own);
            systems.push(system);
            ratios.push(own / system);
        }
    }
    let counts = pool.counts();
    let (own, system, ratio) = (Rate::of(ours), Rate::of(systems), Rate::of(ratios));
    let hits = counts.hits as f64 / counts.checkouts as f64;
    let pass = ratio.median >= BAR && counts.out == 0;
    let text = format!(
        "memory  {} checkouts with return/s, {} times the system's allocator  (lowest {}, highest {}; bar {})  {}\n\
         {:6}  the system's: {}/s; {} % of checkouts used a buffer again; {} not returned\n\
         {:6}  predecessor: {} operations/s on objects of its own, not comparable",
        fixed(own.median, 0),
        fixed(ratio.median, 2),
        fixed(ratio.lowest, 2),
        fixed(ratio.highest, 2),
        fixed(BAR, 1),
        verdict(pass),
        "",
        fixed(system.median, 0),
        fixed(100.0 * hits, 1),
        counts.out,
        "",
        fixed(PREDECESSOR, 1),
    );
    let row = Row {
        row: "memory",
        value: own.median,
        unit: "checkouts/s",
        predecessor: Some(PREDECESSOR),
        pass,
        detail: Detail {
            system: system.median,
            ratio: ratio.median,
            lowest: ratio.lowest,
            highest: ratio.highest,
            hits,
            leaked: counts.out,
        },
    };
    Measured::new(&row, text)
}
