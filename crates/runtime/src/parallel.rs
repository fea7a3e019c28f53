//! Independent work on a fixed number of threads.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::RuntimeError;
use crate::error::panic_message;

/// Run `work` on every item on exactly `threads` threads and return the results in item order.
///
/// The results do not depend on `threads`, as long as `work` depends on its item alone. Every item
/// is run even when another one panics.
///
/// # Errors
/// [`RuntimeError::Threads`] for zero threads, [`RuntimeError::Pool`] when the threads cannot be
/// started, [`RuntimeError::ItemPanicked`] with the position of the first item that panicked.
pub fn parallel_map<T, R, F>(threads: usize, items: Vec<T>, work: F) -> Result<Vec<R>, RuntimeError>
where
    T: Send,
    R: Send,
    F: Fn(T) -> R + Sync,
{
    if threads == 0 {
        return Err(RuntimeError::Threads { found: threads });
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("worker-{index}"))
        .build()
        .map_err(|error| RuntimeError::Pool { threads, reason: error.to_string() })?;
    let count = items.len();
    let outcomes: Vec<Result<R, String>> = pool.install(|| {
        items
            .into_par_iter()
            .map(|item| {
                catch_unwind(AssertUnwindSafe(|| work(item)))
                    .map_err(|payload| panic_message(payload.as_ref()))
            })
            .collect()
    });
    outcomes
        .into_iter()
        .enumerate()
        .map(|(item, outcome)| {
            outcome.map_err(|message| RuntimeError::ItemPanicked { item, items: count, message })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Work of uneven length whose result depends on the item alone.
    fn chaotic(item: u32) -> f64 {
        let mut x = 0.1 + f64::from(item) * 1e-3;
        for _ in 0..(item % 97) * 50 {
            x = 3.99 * x * (1.0 - x);
        }
        x
    }

    #[test]
    fn the_same_bits_on_one_and_on_two_threads() {
        let items: Vec<u32> = (0..400).collect();
        let one = parallel_map(1, items.clone(), chaotic).unwrap();
        let two = parallel_map(2, items, chaotic).unwrap();
        assert!(one.iter().zip(&two).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert_eq!(one.len(), 400);
    }

    #[test]
    fn exactly_the_threads_asked_for() {
        let counts = parallel_map(3, vec![(); 8], |()| rayon::current_num_threads()).unwrap();
        assert_eq!(counts, [3; 8]);
    }

    #[test]
    fn a_panic_names_the_first_item_and_the_others_still_run() {
        let ran = AtomicUsize::new(0);
        let error = parallel_map(2, (0..10).collect(), |item: u32| {
            ran.fetch_add(1, Ordering::Relaxed);
            assert!(item != 4 && item != 7, "habitat {item} broke");
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "item 4 of 10 panicked: habitat 4 broke");
        assert_eq!(ran.load(Ordering::Relaxed), 10);
    }

    #[test]
    fn no_items_and_no_threads() {
        assert_eq!(parallel_map(2, Vec::<u8>::new(), |x| x), Ok(vec![]));
        assert_eq!(parallel_map(0, vec![1], |x| x), Err(RuntimeError::Threads { found: 0 }));
    }
}
