//! Futures of an executor: admission, cancellation, deadlines, panics, sockets, the end.

#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use lunar_habitat_runtime::{
    Executor, ExecutorOptions, Handle, OnDrop, Priority, RuntimeError, Size, Ticket, Token,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

const LONG: Duration = Duration::from_secs(60);

fn executor(futures: usize, queue: usize) -> Executor {
    let size = Size::Fixed(1);
    Executor::new(ExecutorOptions { size, futures, queue, ..ExecutorOptions::default() }).unwrap()
}

/// A future that runs until it is told to end.
fn hold(executor: &Executor) -> (Arc<Notify>, Handle<()>) {
    let notify = Arc::new(Notify::new());
    let (running, runs) = mpsc::channel();
    let held = Arc::clone(&notify);
    let handle = executor
        .spawn(Priority::Critical, async move {
            running.send(()).unwrap();
            held.notified().await;
        })
        .unwrap();
    runs.recv_timeout(LONG).unwrap();
    (notify, handle)
}

#[test]
fn futures_are_let_in_by_priority_and_none_starves() {
    let executor = executor(1, 10_000);
    let (gate, held) = hold(&executor);
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut handles = Vec::new();
    for class in Priority::ALL.into_iter().rev() {
        for _ in 0..200 {
            let order = Arc::clone(&order);
            let future = async move {
                order.lock().unwrap().push(class);
                tokio::task::yield_now().await;
            };
            handles.push(executor.spawn(class, future).unwrap());
        }
    }
    gate.notify_one();
    held.wait().unwrap();
    for handle in handles {
        handle.wait_for(LONG).unwrap().unwrap();
    }
    let order = order.lock().unwrap();
    assert_eq!(order.len(), 800);
    for class in Priority::ALL {
        let last = order.iter().rposition(|one| *one == class).unwrap();
        for window in order[..=last].windows(Priority::ROUND) {
            let found = window.iter().filter(|one| **one == class).count();
            assert!(found >= class.least_picks(), "{found} {class} futures in a round");
        }
    }
    let last = |class| order.iter().rposition(|one| *one == class).unwrap();
    assert!(last(Priority::Critical) < last(Priority::High));
    assert!(last(Priority::High) < last(Priority::Normal));
    assert!(last(Priority::Normal) < last(Priority::Background));
}

#[test]
fn so_many_run_at_once_and_no_more() {
    let executor = executor(3, 100);
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let handles: Vec<Handle<()>> = (0..30)
        .map(|_| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            let future = async move {
                most.fetch_max(1 + now.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(2)).await;
                now.fetch_sub(1, Ordering::SeqCst);
            };
            executor.spawn(Priority::Normal, future).unwrap()
        })
        .collect();
    for handle in handles {
        handle.wait_for(LONG).unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
    assert_eq!(executor.figures().futures.classes[Priority::Normal.index()].done, 30);
}

#[test]
fn a_future_waits_for_a_task_and_a_socket_works() {
    let executor = executor(8, 8);
    let (told, address) = mpsc::channel();
    let echo = executor
        .spawn(Priority::High, async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 5];
            socket.read_exact(&mut bytes).await.unwrap();
            socket.write_all(&bytes).await.unwrap();
        })
        .unwrap();
    let address = address.recv_timeout(LONG).unwrap();
    let text = executor.submit(Priority::Normal, || "habit".to_owned()).unwrap();
    let client = executor
        .spawn(Priority::Normal, async move {
            let text = text.await.unwrap();
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(text.as_bytes()).await.unwrap();
            let mut bytes = vec![0; 5];
            socket.read_exact(&mut bytes).await.unwrap();
            String::from_utf8(bytes).unwrap()
        })
        .unwrap();
    assert_eq!(client.wait_for(LONG).unwrap(), Ok("habit".to_owned()));
    echo.wait().unwrap();
}

#[test]
fn a_future_is_dropped_where_it_waits_when_it_is_cancelled() {
    let executor = executor(8, 8);
    let token = Token::new();
    let guard = Arc::new(());
    for cancel in [true, false] {
        let (running, runs) = mpsc::channel();
        let inside = Arc::clone(&guard);
        let ticket = Ticket::new("listen", Priority::Normal).under(&token);
        let handle = executor
            .spawn(ticket, async move {
                running.send(()).unwrap();
                std::future::pending::<()>().await;
                drop(inside);
            })
            .unwrap();
        runs.recv_timeout(LONG).unwrap();
        if cancel {
            handle.cancel();
        } else {
            token.cancel();
        }
        let task = "listen".to_owned();
        assert_eq!(handle.wait_for(LONG).unwrap(), Err(RuntimeError::TaskCancelled { task }));
    }
    let end = Instant::now() + LONG;
    while Arc::strong_count(&guard) > 1 {
        assert!(Instant::now() < end, "the future was not dropped");
        std::thread::yield_now();
    }
}

#[test]
fn a_panic_in_a_future_is_an_error_and_the_others_go_on() {
    let executor = executor(8, 8);
    let ticket = Ticket::new("link", Priority::Normal);
    let broken = executor.spawn(ticket, async { panic!("cable") }).unwrap();
    let error: RuntimeError = broken.wait_for(LONG).unwrap().map(|(): ()| ()).unwrap_err();
    assert_eq!(error.to_string(), "task `link` panicked: cable");
    assert_eq!(executor.spawn(Priority::Background, async { 3 }).unwrap().wait(), Ok(3));
}

#[test]
fn a_future_is_not_started_after_its_deadline_and_a_full_queue_says_so() {
    let executor = executor(1, 1);
    let (gate, held) = hold(&executor);
    let ticket = Ticket::new("poll", Priority::Normal).until(Instant::now());
    let late = executor.spawn(ticket, async {}).unwrap();
    let full = executor.spawn(Priority::Normal, async {}).unwrap_err();
    assert_eq!(full, RuntimeError::QueueFull { priority: Priority::Normal, limit: 1 });
    gate.notify_one();
    held.wait().unwrap();
    assert!(matches!(late.wait_for(LONG).unwrap(), Err(RuntimeError::TaskLate { .. })));
}

#[test]
fn dropping_drains_or_cancels_futures_as_declared() {
    for on_drop in [OnDrop::Drain, OnDrop::Cancel] {
        let options = ExecutorOptions { futures: 2, on_drop, ..ExecutorOptions::default() };
        let executor = Executor::new(options).unwrap();
        let (gate, held) = hold(&executor);
        let handles: Vec<Handle<u32>> = (0..20)
            .map(|at| {
                let gate = Arc::clone(&gate);
                let future = async move {
                    gate.notified().await;
                    gate.notify_one();
                    at
                };
                executor.spawn(Priority::Normal, future).unwrap()
            })
            .collect();
        let release = Arc::clone(&gate);
        let releasing = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            release.notify_one();
            release.notify_one();
        });
        if on_drop == OnDrop::Drain {
            gate.notify_one();
            held.wait().unwrap();
            gate.notify_one();
        }
        drop(executor);
        releasing.join().unwrap();
        for (at, handle) in handles.into_iter().enumerate() {
            assert!(handle.is_done());
            match (on_drop, handle.wait()) {
                (OnDrop::Drain, outcome) => assert_eq!(outcome, Ok(at as u32)),
                (_, outcome) => {
                    assert!(matches!(outcome, Err(RuntimeError::TaskCancelled { .. })));
                }
            }
        }
    }
}
