//! How fast memory is.

use std::hint::black_box;

use crate::profile::thread_cpu_ns;

/// Numbers in each of the two arrays; together they are far larger than the caches of a core.
const NUMBERS: usize = 16 << 20;
/// Times that one is added to the other.
const TIMES: usize = 3;

/// Bytes that this thread reads and writes in a second of processor time when nothing is in the caches; `None` where the system
/// tells no processor time. It takes some tenths of a second and 256 MiB.
#[must_use]
pub fn bandwidth() -> Option<f64> {
    let mut to = vec![1.0_f64; NUMBERS];
    let from = vec![2.0_f64; NUMBERS];
    let begin = thread_cpu_ns();
    for _ in 0..TIMES {
        for (to, from) in to.iter_mut().zip(black_box(&from)) {
            *to += *from;
        }
        black_box(&mut to);
    }
    let took_ns = thread_cpu_ns().saturating_sub(begin);
    // Two are read and one is written.
    let moved = 3 * TIMES * NUMBERS * size_of::<f64>();
    (took_ns > 0).then(|| moved as f64 / (took_ns as f64 / 1e9))
}
