//! Tasks of an executor: order, cancellation, deadlines, panics, full queues, the end.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use lunar_habitat_runtime::{
    Executor, ExecutorOptions, Handle, OnDrop, Priority, RuntimeError, Size, Ticket, Token,
};

const LONG: Duration = Duration::from_secs(60);

fn options(size: usize) -> ExecutorOptions {
    ExecutorOptions { size: Size::Fixed(size), background: 1, ..ExecutorOptions::default() }
}

fn executor(size: usize) -> Executor {
    Executor::new(options(size)).unwrap()
}

/// Keeps a worker of a class busy until it is dropped or sent to.
fn hold(executor: &Executor, class: Priority) -> mpsc::Sender<()> {
    let (release, held) = mpsc::channel::<()>();
    let (running, runs) = mpsc::channel();
    let _work = executor
        .submit(class, move || {
            running.send(()).unwrap();
            let _ = held.recv();
        })
        .unwrap();
    runs.recv_timeout(LONG).unwrap();
    release
}

/// Hand in `counts` tasks of each class while the only worker is held, and return the classes in the order in which it
/// picked them.
fn picks(counts: [usize; 3]) -> Vec<Priority> {
    let executor = executor(1);
    let gate = hold(&executor, Priority::Normal);
    // The express thread would take critical tasks: hold it too.
    let express = hold(&executor, Priority::Critical);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut handles = Vec::new();
    for (class, count) in [Priority::Normal, Priority::High, Priority::Critical].iter().zip(counts)
    {
        for _ in 0..count {
            let order = Arc::clone(&order);
            let class = *class;
            handles
                .push(executor.submit(class, move || order.lock().unwrap().push(class)).unwrap());
        }
    }
    gate.send(()).unwrap();
    for handle in handles {
        handle.wait().unwrap();
    }
    express.send(()).unwrap();
    order.lock().unwrap().clone()
}

#[test]
fn one_worker_takes_the_urgent_first() {
    // Few enough that no turn of a less urgent class makes a difference but once a round.
    let order = picks([40, 40, 40]);
    assert_eq!(order.len(), 120);
    let mean = |class| {
        let places = order.iter().enumerate().filter(|(_, one)| **one == class).map(|(at, _)| at);
        places.sum::<usize>() as f64 / 40.0
    };
    let [critical, high, normal] = [Priority::Critical, Priority::High, Priority::Normal].map(mean);
    assert!(critical + 10.0 < high && high + 10.0 < normal, "{critical} {high} {normal}");
}

#[test]
fn no_class_starves_and_each_has_the_share_that_is_declared() {
    let order = picks([300, 300, 300]);
    for class in [Priority::Critical, Priority::High, Priority::Normal] {
        let last = order.iter().rposition(|one| *one == class).unwrap();
        // While tasks of the class wait, every round holds its share.
        for window in order[..=last].windows(Priority::ROUND) {
            let found = window.iter().filter(|one| **one == class).count();
            assert!(found >= class.least_picks(), "{found} {class} tasks in a round");
        }
    }
}

#[test]
fn a_class_keeps_its_order_on_one_worker() {
    let executor = executor(1);
    let gate = hold(&executor, Priority::Normal);
    let order = Arc::new(Mutex::new(Vec::new()));
    let handles: Vec<Handle<()>> = (0..500)
        .map(|number| {
            let order = Arc::clone(&order);
            executor.submit(Priority::High, move || order.lock().unwrap().push(number)).unwrap()
        })
        .collect();
    gate.send(()).unwrap();
    handles.into_iter().for_each(|handle| handle.wait().unwrap());
    assert!(order.lock().unwrap().iter().copied().eq(0..500));
}

#[test]
fn a_long_task_does_not_delay_a_critical_one() {
    let executor = executor(2);
    let gates = [hold(&executor, Priority::Normal), hold(&executor, Priority::High)];
    for at in 0..100 {
        let handle = executor.submit(Priority::Critical, move || at).unwrap();
        assert_eq!(handle.wait_for(LONG).unwrap().unwrap(), at);
    }
    drop(gates);
}

#[test]
fn what_is_cancelled_before_it_starts_never_runs() {
    let executor = executor(1);
    let gate = hold(&executor, Priority::Normal);
    let token = Token::new();
    let ran = Arc::new(AtomicUsize::new(0));
    let work = || {
        let ran = Arc::clone(&ran);
        move || ran.fetch_add(1, Ordering::SeqCst)
    };
    let ticket = Ticket::new("survey", Priority::Normal).under(&token.child());
    let by_token = executor.submit(ticket, work()).unwrap();
    let by_handle = executor.submit(Ticket::new("sweep", Priority::Normal), work()).unwrap();
    let kept = executor.submit(Priority::Normal, work()).unwrap();
    token.cancel();
    by_handle.cancel();
    assert!(by_handle.is_done());
    gate.send(()).unwrap();
    let task = "survey".to_owned();
    assert_eq!(by_token.wait(), Err(RuntimeError::TaskCancelled { task }));
    let error = by_handle.wait().unwrap_err();
    assert_eq!(error.to_string(), "task `sweep` was cancelled and did not run to its end");
    assert_eq!(kept.wait(), Ok(0));
    assert_eq!(ran.load(Ordering::SeqCst), 1);
    assert_eq!(executor.figures().class(Priority::Normal).cancelled, 1);
}

#[test]
fn a_task_that_runs_can_ask_whether_to_stop() {
    let executor = executor(1);
    let token = Token::new();
    let asked = token.clone();
    let (running, runs) = mpsc::channel();
    let handle = executor
        .submit(Ticket::new("search", Priority::Normal).under(&token), move || {
            running.send(()).unwrap();
            let mut rounds = 0_u64;
            while !asked.is_cancelled() {
                rounds += 1;
                thread::yield_now();
            }
            rounds
        })
        .unwrap();
    runs.recv_timeout(LONG).unwrap();
    token.cancel();
    assert!(handle.wait_for(LONG).unwrap().is_ok());
}

#[test]
fn a_task_is_not_started_after_its_deadline() {
    let executor = executor(1);
    let gate = hold(&executor, Priority::Normal);
    let ran = Arc::new(AtomicBool::new(false));
    let mark = Arc::clone(&ran);
    let late = executor
        .submit(Ticket::new("look", Priority::Normal).until(Instant::now()), move || {
            mark.store(true, Ordering::SeqCst);
        })
        .unwrap();
    let ticket = Ticket::new("look", Priority::Normal).within(LONG);
    let in_time = executor.submit(ticket, || 5).unwrap();
    thread::sleep(Duration::from_millis(5));
    gate.send(()).unwrap();
    match late.wait() {
        Err(RuntimeError::TaskLate { task, late }) => {
            assert_eq!(task, "look");
            assert!(late >= Duration::from_millis(5));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(in_time.wait(), Ok(5));
    assert!(!ran.load(Ordering::SeqCst));
    assert_eq!(executor.figures().class(Priority::Normal).late, 1);
}

#[test]
fn a_panic_is_an_error_and_the_worker_lives_on() {
    let executor = executor(1);
    for round in 0..50 {
        let ticket = Ticket::new("airlock", Priority::Normal);
        let broken = executor.submit(ticket, move || assert!(round > 99, "door {round}")).unwrap();
        assert_eq!(
            broken.wait().unwrap_err().to_string(),
            format!("task `airlock` panicked: door {round}")
        );
        assert_eq!(executor.submit(Priority::Normal, move || round).unwrap().wait(), Ok(round));
    }
    assert_eq!(executor.figures().class(Priority::Normal).panicked, 50);
}

#[test]
fn what_panics_in_being_dropped_does_not_end_a_worker() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let executor = executor(1);
    for _ in 0..5 {
        // Its result, since nobody waits; what it carries, since its time is over.
        drop(executor.submit(Priority::Normal, || Bomb).unwrap());
        let bomb = Bomb;
        let ticket = Ticket::new("late", Priority::Normal).until(Instant::now());
        let late = executor.submit(ticket, move || std::mem::forget(bomb)).unwrap();
        let _ = late.wait();
    }
    assert_eq!(executor.submit(Priority::Normal, || 1).unwrap().wait(), Ok(1));
}

#[test]
fn a_full_queue_says_so_or_waits() {
    let executor = Executor::new(ExecutorOptions { queue: 4, ..options(1) }).unwrap();
    let gate = hold(&executor, Priority::Normal);
    let handles: Vec<Handle<usize>> =
        (0..4).map(|at| executor.try_submit(Priority::Normal, move || at).unwrap()).collect();
    let full = executor.try_submit(Priority::Normal, || 9).unwrap_err();
    assert_eq!(full, RuntimeError::QueueFull { priority: Priority::Normal, limit: 4 });
    // Other classes have room of their own.
    let high = executor.try_submit(Priority::High, || 7).unwrap();
    let submitted = AtomicUsize::new(0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let more: Vec<Handle<usize>> = (0..40)
                .map(|at| {
                    let handle = executor.submit(Priority::Normal, move || 10 + at).unwrap();
                    submitted.fetch_add(1, Ordering::SeqCst);
                    handle
                })
                .collect();
            more.into_iter().map(|handle| handle.wait().unwrap()).collect::<Vec<_>>()
        });
        thread::sleep(Duration::from_millis(50));
        assert_eq!(submitted.load(Ordering::SeqCst), 0, "nothing is taken while the queue is full");
        assert_eq!(executor.figures().class(Priority::Normal).waiting, 4);
        gate.send(()).unwrap();
        assert!(waiting.join().unwrap().into_iter().eq(10..50));
    });
    assert!(handles.into_iter().map(|handle| handle.wait().unwrap()).eq(0..4));
    assert_eq!(high.wait(), Ok(7));
}

#[test]
fn a_worker_does_itself_what_finds_no_room() {
    let executor = Arc::new(Executor::new(ExecutorOptions { queue: 1, ..options(1) }).unwrap());
    let inner = Arc::clone(&executor);
    let outer = executor
        .submit(Priority::Normal, move || {
            let handles: Vec<_> =
                (0..50).map(|at| inner.submit(Priority::Normal, move || at).unwrap()).collect();
            handles.into_iter().map(|handle| handle.wait().unwrap()).sum::<i32>()
        })
        .unwrap();
    assert_eq!(outer.wait_for(LONG).unwrap(), Ok(49 * 50 / 2));
}

#[test]
fn tasks_that_wait_for_tasks_never_wait_for_each_other() {
    fn tree(executor: &Arc<Executor>, depth: u32) -> u64 {
        if depth == 0 {
            return 1;
        }
        let handles: Vec<Handle<u64>> = (0..3)
            .map(|_| {
                let inner = Arc::clone(executor);
                executor.submit(Priority::Normal, move || tree(&inner, depth - 1)).unwrap()
            })
            .collect();
        handles.into_iter().map(|handle| handle.wait().unwrap()).sum()
    }
    for size in [1, 2] {
        let executor = Arc::new(executor(size));
        let inner = Arc::clone(&executor);
        let root = executor.submit(Priority::Normal, move || tree(&inner, 6)).unwrap();
        assert_eq!(root.wait_for(LONG).unwrap(), Ok(729));
    }
}

#[test]
fn eight_producers_and_every_task_once() {
    for size in [1, 2, 7] {
        let executor = executor(size);
        let runs: Arc<Vec<AtomicUsize>> =
            Arc::new((0..8_000).map(|_| AtomicUsize::new(0)).collect());
        let barrier = Barrier::new(8);
        thread::scope(|scope| {
            for producer in 0..8 {
                let (executor, runs, barrier) = (&executor, &runs, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let handles: Vec<Handle<usize>> = (0..1_000)
                        .map(|at| {
                            let number = producer * 1_000 + at;
                            let class = Priority::ALL[number % 4];
                            let runs = Arc::clone(runs);
                            let work = move || {
                                runs[number].fetch_add(1, Ordering::SeqCst);
                                number
                            };
                            executor.submit(class, work).unwrap()
                        })
                        .collect();
                    for (at, handle) in handles.into_iter().enumerate() {
                        assert_eq!(handle.wait(), Ok(producer * 1_000 + at));
                    }
                });
            }
        });
        assert!(runs.iter().all(|runs| runs.load(Ordering::SeqCst) == 1));
        let figures = executor.figures();
        for class in Priority::ALL {
            let class = figures.class(class);
            assert_eq!((class.done, class.waiting), (2_000, 0));
            assert_eq!(class.delays.count(), 2_000);
        }
    }
}

#[test]
fn tasks_that_come_now_and_then_are_never_forgotten() {
    // Every task meets sleeping or half-sleeping workers.
    let executor = executor(3);
    for round in 0..3_000_u64 {
        let class = Priority::ALL[round as usize % 4];
        let handle = executor.submit(class, move || round).unwrap();
        assert_eq!(handle.wait_for(LONG).unwrap(), Ok(round));
        if round % 16 == 0 {
            thread::sleep(Duration::from_micros(round % 300));
        }
    }
}

#[test]
fn dropping_drains_or_cancels_as_declared() {
    for on_drop in [OnDrop::Drain, OnDrop::Cancel] {
        let executor = Executor::new(ExecutorOptions { on_drop, ..options(2) }).unwrap();
        let gates: Vec<_> =
            [Priority::Normal, Priority::Normal, Priority::Background, Priority::Critical]
                .map(|class| hold(&executor, class))
                .into();
        let handles: Vec<Handle<u32>> = (0..400)
            .map(|at| executor.submit(Priority::ALL[at as usize % 4], move || at).unwrap())
            .collect();
        let releasing = thread::spawn(move || {
            thread::sleep(Duration::from_millis(30));
            drop(gates);
        });
        drop(executor);
        releasing.join().unwrap();
        let mut cancelled = 0;
        for (at, handle) in handles.into_iter().enumerate() {
            // The executor is gone, so everything has its outcome.
            assert!(handle.is_done());
            match handle.wait() {
                Ok(value) => assert_eq!(value as usize, at),
                Err(RuntimeError::TaskCancelled { .. }) => cancelled += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(cancelled, if on_drop == OnDrop::Drain { 0 } else { 400 });
    }
}

/// Threads of this process whose name begins so.
#[cfg(target_os = "linux")]
fn threads_called(name: &str) -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|found| found.starts_with(name)).count()
}

/// A thread gives itself its name when it begins, and is listed a moment after it was joined.
#[cfg(target_os = "linux")]
fn until_threads_called(name: &str, count: usize) {
    let end = Instant::now() + LONG;
    while threads_called(name) != count {
        assert!(Instant::now() < end, "{} threads for {count}", threads_called(name));
        thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_thread_is_leaked() {
    for _ in 0..20 {
        let executor = Executor::new(ExecutorOptions {
            name: "leak".to_owned(),
            size: Size::Adaptive { least: 1, most: 3 },
            ..options(1)
        })
        .unwrap();
        assert_eq!(threads_called("leak"), 0, "threads start with their first task");
        for class in Priority::ALL {
            executor.submit(class, || ()).unwrap().wait().unwrap();
        }
        executor.spawn(Priority::Normal, async {}).unwrap().wait().unwrap();
        // Three workers, the express one, one for the background, the governor, futures.
        until_threads_called("leak", 7);
        drop(executor);
        until_threads_called("leak", 0);
    }
}

#[test]
fn a_task_may_hold_the_last_reference_to_its_executor() {
    for on_drop in [OnDrop::Drain, OnDrop::Cancel] {
        let executor = Arc::new(Executor::new(ExecutorOptions { on_drop, ..options(1) }).unwrap());
        let inner = Arc::clone(&executor);
        let (gone, is_gone) = mpsc::channel::<()>();
        let last = executor
            .submit(Priority::Normal, move || {
                is_gone.recv().unwrap();
                drop(inner);
            })
            .unwrap();
        // Some of these lie with the worker that drops its own executor.
        let handles: Vec<Handle<u32>> =
            (0..200).map(|at| executor.submit(Priority::Normal, move || at).unwrap()).collect();
        drop(executor);
        gone.send(()).unwrap();
        last.wait_for(LONG).unwrap().unwrap();
        for (at, handle) in handles.into_iter().enumerate() {
            match (on_drop, handle.wait_for(LONG).unwrap()) {
                (OnDrop::Drain, outcome) => assert_eq!(outcome, Ok(at as u32)),
                (_, outcome) => {
                    assert!(matches!(outcome, Err(RuntimeError::TaskCancelled { .. })));
                }
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ten_analyses_in_the_background_stand_back_and_are_not_starved() {
    let executor = Executor::new(ExecutorOptions { background: 2, ..options(2) }).unwrap();
    let stop = Token::new();
    let rounds: Arc<Vec<AtomicUsize>> = Arc::new((0..10).map(|_| AtomicUsize::new(0)).collect());
    // An analysis goes on until it is told to stop, in pieces, so that ten of them share two workers.
    fn piece(executor: &Arc<Executor>, at: usize, rounds: &Arc<Vec<AtomicUsize>>, stop: &Token) {
        let mut x = 0.3_f64;
        for _ in 0..20_000 {
            x = 3.99 * x * (1.0 - x);
        }
        assert!(x.is_finite());
        rounds[at].fetch_add(1, Ordering::SeqCst);
        if !stop.is_cancelled() {
            let (next, rounds, stop) = (Arc::clone(executor), Arc::clone(rounds), stop.clone());
            let again = move || piece(&Arc::clone(&next), at, &rounds, &stop);
            drop(executor.submit(Priority::Background, again).unwrap());
        }
    }
    let executor = Arc::new(executor);
    for at in 0..10 {
        let (inner, rounds, stop) = (Arc::clone(&executor), Arc::clone(&rounds), stop.clone());
        let first = move || piece(&inner, at, &rounds, &stop);
        drop(executor.submit(Priority::Background, first).unwrap());
    }
    // Foreground work on every worker, until each analysis has come on beside it.
    let begun: Vec<usize> = rounds.iter().map(|one| one.load(Ordering::SeqCst)).collect();
    let end = Instant::now() + LONG;
    let mut foreground = 0_u64;
    while rounds.iter().zip(&begun).any(|(now, then)| now.load(Ordering::SeqCst) < then + 3) {
        assert!(Instant::now() < end, "{rounds:?} after {foreground} foreground tasks");
        let handles: Vec<Handle<()>> = (0..4)
            .map(|_| {
                let work = || {
                    let until = Instant::now() + Duration::from_millis(2);
                    while Instant::now() < until {
                        std::hint::spin_loop();
                    }
                };
                executor.submit(Priority::Normal, work).unwrap()
            })
            .collect();
        for handle in handles {
            handle.wait().unwrap();
            foreground += 1;
        }
    }
    assert!(foreground > 0);
    let niceness = executor.figures().niceness.unwrap();
    assert!(niceness >= 15, "{niceness}");
    stop.cancel();
    // The pieces hold their executor: the last of them ends it.
    drop(executor);
}

#[test]
fn results_are_those_of_any_size() {
    fn chaotic(item: u32) -> f64 {
        let mut x = 0.1 + f64::from(item) * 1e-3;
        for _ in 0..(item % 97) * 50 {
            x = 3.99 * x * (1.0 - x);
        }
        x
    }
    let expected: Vec<u64> = (0..700).map(|item| chaotic(item).to_bits()).collect();
    for size in [1, 2, 7] {
        let executor = executor(size);
        for class in Priority::ALL {
            let found = executor.map(class, (0..700).collect(), chaotic).unwrap();
            assert!(
                found.iter().map(|x| x.to_bits()).eq(expected.iter().copied()),
                "{size} {class}"
            );
        }
    }
}

#[test]
fn a_map_may_borrow_and_lie_inside_a_map() {
    let executor = executor(2);
    let offset = [1_u64, 10, 100];
    let sums = executor
        .map(Priority::Normal, (0..20_u64).collect(), |outer| {
            let inner = executor
                .map(Priority::High, (0..30_u64).collect(), |at| offset[at as usize % 3] * outer);
            inner.unwrap().into_iter().sum::<u64>()
        })
        .unwrap();
    assert!(sums.into_iter().eq((0..20).map(|outer| 1_110 * outer)));
}

#[test]
fn a_map_ends_while_every_worker_is_held() {
    let executor = executor(2);
    let gates = [hold(&executor, Priority::Normal), hold(&executor, Priority::Normal)];
    assert_eq!(executor.map(Priority::Normal, vec![1, 2, 3], |x| 2 * x), Ok(vec![2, 4, 6]));
    drop(gates);
}

#[test]
fn a_map_in_the_background_runs_on_background_workers() {
    let executor =
        Executor::new(ExecutorOptions { name: "back".to_owned(), ..options(1) }).unwrap();
    let names = executor
        .map(Priority::Background, vec![(); 30], |()| {
            thread::current().name().unwrap_or_default().to_owned()
        })
        .unwrap();
    assert!(names.iter().all(|name| name.starts_with("back-background-")), "{names:?}");
}

#[test]
fn a_map_is_given_up_when_its_token_is_cancelled() {
    let executor = executor(2);
    let token = Token::new();
    let begun = AtomicUsize::new(0);
    let ticket = Ticket::new("campaign", Priority::Normal).under(&token);
    let outcome = executor.map(ticket, (0..10_000).collect(), |item: usize| {
        if begun.fetch_add(1, Ordering::SeqCst) == 100 {
            token.cancel();
        }
        item
    });
    assert_eq!(outcome, Err(RuntimeError::TaskCancelled { task: "campaign".to_owned() }));
    assert!(begun.load(Ordering::SeqCst) < 10_000);
}

#[test]
fn an_adaptive_executor_gives_the_same_results_while_it_changes() {
    let executor = Executor::new(ExecutorOptions {
        size: Size::Adaptive { least: 1, most: 4 },
        ..ExecutorOptions::default()
    })
    .unwrap();
    for _ in 0..30 {
        let squares = executor.map(Priority::Normal, (0..2_000_u64).collect(), |x| x * x).unwrap();
        assert!(squares.into_iter().eq((0..2_000).map(|x| x * x)));
    }
    let figures = executor.figures();
    assert!((1..=4).contains(&figures.foreground.workers));
    assert!(figures.cores > 0.0);
    assert!((0.0..=1.0).contains(&figures.foreground.utilisation()));
}

#[test]
fn the_number_of_workers_follows_the_load() {
    let executor = Executor::new(ExecutorOptions {
        size: Size::Adaptive { least: 1, most: 6 },
        ..ExecutorOptions::default()
    })
    .unwrap();
    let until = |workers: usize, load: &dyn Fn()| {
        let end = Instant::now() + LONG;
        while executor.figures().foreground.workers != workers {
            assert!(Instant::now() < end, "{:?}", executor.figures().foreground);
            load();
        }
    };
    // Tasks that wait for something else: more of them than there are processors may do so at once.
    until(6, &|| {
        let waits = |_| thread::sleep(Duration::from_millis(20));
        let handles: Vec<Handle<()>> = (0..100)
            .map(|at| executor.submit(Priority::Normal, move || waits(at)).unwrap())
            .collect();
        handles.into_iter().for_each(|handle| handle.wait().unwrap());
    });
    // Nothing to do: the others lie dormant, and work goes on without them.
    until(1, &|| thread::sleep(Duration::from_millis(20)));
    let squares = executor.map(Priority::High, (0..1_000_u64).collect(), |x| x * x).unwrap();
    assert!(squares.into_iter().eq((0..1_000).map(|x| x * x)));
    assert!(executor.figures().changes >= 5);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for options in [
        ExecutorOptions { queue: 0, ..options(1) },
        ExecutorOptions { background: 0, ..options(1) },
        ExecutorOptions { niceness: 20, ..options(1) },
        ExecutorOptions { niceness: -5, ..options(1) },
        ExecutorOptions { futures: 0, ..options(1) },
        options(0),
        options(5_000),
        ExecutorOptions { size: Size::Adaptive { least: 3, most: 2 }, ..options(1) },
    ] {
        let refused = Executor::new(options.clone()).map(|_| ());
        assert!(matches!(refused, Err(RuntimeError::Setting { .. })), "{options:?}");
    }
}

#[test]
fn the_executor_of_the_process_is_one() {
    let ids: HashSet<usize> = (0..4)
        .map(|_| {
            let one =
                thread::spawn(|| std::ptr::from_ref(Executor::of_process().unwrap()) as usize);
            one.join().unwrap()
        })
        .collect();
    assert_eq!(ids.len(), 1);
}
