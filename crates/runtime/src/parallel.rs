//! Independent work on a number of threads.

use crate::{Executor, Priority, RuntimeError, Ticket};

/// Run `work` on every item on at most `threads` threads and return the results in item order: [`Executor::map_on`] with
/// ordinary priority on the executor that all parts of the program share. The thread that calls is one of them; there are
/// never more than the executor has, and one.
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
    Executor::of_process()?.map_on(threads, Ticket::new("map", Priority::Normal), items, work)
}

/// Run `work` on every item and hand each result to `take` in item order while later ones are made: [`Executor::flow_on`] with ordinary
/// priority on the executor that all parts of the program share. At most `ahead` results are in work or wait.
///
/// # Errors
/// As [`Executor::flow_on`].
pub fn parallel_flow<T, R, F, C, E>(
    threads: usize,
    ahead: usize,
    items: Vec<T>,
    work: F,
    take: C,
) -> Result<(), E>
where
    T: Send,
    R: Send,
    F: Fn(T) -> R + Sync,
    C: FnMut(R) -> Result<(), E>,
    E: From<RuntimeError>,
{
    let ticket = Ticket::new("flow", Priority::Normal);
    Executor::of_process()?.flow_on(threads, ahead, ticket, items, work, take)
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
    fn no_more_threads_than_asked_for() {
        let at_once = AtomicUsize::new(0);
        for threads in [1, 2] {
            let most = AtomicUsize::new(0);
            let by = parallel_map(threads, vec![(); 40], |()| {
                most.fetch_max(1 + at_once.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(1));
                at_once.fetch_sub(1, Ordering::SeqCst);
                std::thread::current().id()
            })
            .unwrap();
            assert!(most.into_inner() <= threads);
            if threads == 1 {
                assert!(by.iter().all(|id| *id == std::thread::current().id()));
            }
        }
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
