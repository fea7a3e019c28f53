//! A profiler as a program meets it: stages on several threads, allocations to the byte, pictures and traces that are read back.
#![allow(clippy::unwrap_used)] // Test code outside `#[test]` functions too.

use std::alloc::System;
use std::hint::black_box;

use lunar_habitat_watch::profile::{Profiler, ProfilerOptions, flame, trace};
use runtime::memory::Tracked;
use serde_json::Value;
use tracing::{Dispatch, info_span};

#[global_allocator]
static ALLOCATOR: Tracked<System> = Tracked::new(System);

fn profiler(slices: usize) -> Profiler {
    Profiler::new(ProfilerOptions { targets: vec!["profile".into()], slices })
}

fn compute(turns: u64) {
    let mut sum = 0_u64;
    for i in 0..turns {
        sum = black_box(sum.wrapping_add(i));
    }
    black_box(sum);
}

/// A stage that lets two threads work for it.
fn work(profiler: &Profiler) {
    let dispatch = Dispatch::new(profiler.clone());
    tracing::dispatcher::with_default(&dispatch, || {
        let outer = info_span!("gradient <all>");
        let _outer = outer.enter();
        for _ in 0..3 {
            let _inner = info_span!("prepare").entered();
            compute(1_000_000);
        }
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let (outer, dispatch) = (&outer, &dispatch);
                scope.spawn(move || {
                    tracing::dispatcher::with_default(dispatch, || {
                        let _shard = info_span!(parent: outer, "shard").entered();
                        compute(20_000_000);
                    });
                });
            }
        });
    });
}

#[test]
fn stages_of_helpers_stand_below_the_one_they_help() {
    let profiler = profiler(0);
    work(&profiler);
    let profile = profiler.profile();
    let paths: Vec<String> = profile.stages.iter().map(|stage| stage.path.join("/")).collect();
    assert_eq!(paths, ["gradient <all>", "gradient <all>/prepare", "gradient <all>/shard"]);
    let [outer, prepare, shard] = &profile.stages[..] else { unreachable!() };
    assert_eq!((outer.runs, prepare.runs, shard.runs), (1, 3, 2));
    assert_eq!((prepare.lengths.count(), shard.lengths.count()), (3, 2));
    // It waits for its helpers, which is not time of its own.
    assert!(outer.joining_ns > 0 && outer.joining_ns <= outer.own.wall_ns);
    assert_eq!((prepare.apart_ns, shard.apart_ns), (0, shard.own.wall_ns));
    assert_eq!(outer.whole.cpu_ns, outer.own.cpu_ns + prepare.whole.cpu_ns + shard.whole.cpu_ns);
    if cfg!(target_os = "linux") {
        assert!(shard.own.cpu_ns > prepare.own.cpu_ns && prepare.own.cpu_ns > 0);
    }
}

#[test]
fn allocations_are_those_of_the_stage_to_the_byte() {
    let profiler = profiler(64);
    tracing::subscriber::with_default(profiler.clone(), || {
        let _outer = info_span!("outer").entered();
        let first = black_box(vec![1_u8; 1_000]);
        for _ in 0..100 {
            let _inner = info_span!("inner").entered();
            black_box(vec![2_u8; 70]);
        }
        drop(first);
        black_box(vec![3_u8; 24]);
    });
    let profile = profiler.profile();
    let (outer, inner) = (profile.stage("outer").unwrap(), profile.stage("inner").unwrap());
    assert_eq!((inner.own.bytes, inner.own.allocations), (7_000, 100));
    assert_eq!((outer.own.bytes, outer.own.allocations), (1_024, 2));
    assert_eq!((outer.whole.bytes, outer.whole.allocations), (8_024, 102));
}

#[test]
fn sums_of_threads_that_ended_are_kept() {
    let profiler = profiler(0);
    for _ in 0..50 {
        let dispatch = Dispatch::new(profiler.clone());
        std::thread::spawn(move || {
            tracing::dispatcher::with_default(&dispatch, || {
                let _stage = info_span!("short").entered();
                tracing::info!(items = 2_u64);
            });
        })
        .join()
        .unwrap();
        let _ = profiler.profile();
    }
    let short = profiler.profile().stage("short").unwrap();
    assert_eq!((short.runs, short.items), (50, 100));
    assert!(profiler.now().is_empty());
}

#[test]
fn a_trace_does_not_grow_without_end() {
    let profiler = profiler(100);
    for _ in 0..20 {
        let dispatch = Dispatch::new(profiler.clone());
        let work = move || {
            tracing::dispatcher::with_default(&dispatch, || {
                for _ in 0..40 {
                    let _stage = info_span!("short").entered();
                }
            });
        };
        std::thread::spawn(work).join().unwrap();
        let _ = profiler.profile();
    }
    let (slices, left_out) = profiler.slices();
    assert!(!slices.is_empty() && slices.len() <= 100);
    assert_eq!(slices.len() as u64 + left_out, 800);
    assert_eq!(profiler.profile().stage("short").unwrap().runs, 800);
}

#[test]
fn spans_of_others_and_chatty_ones_are_not_heard() {
    let profiler = profiler(0);
    tracing::subscriber::with_default(profiler.clone(), || {
        let _other = info_span!(target: "hyper", "request").entered();
        let _chatty = tracing::debug_span!("detail").entered();
        let _stage = info_span!("stage").entered();
    });
    let profile = profiler.profile();
    assert_eq!(profile.stages.len(), 1);
    assert_eq!(profile.stages[0].path, ["stage"]);
}

#[test]
fn a_trace_is_read_back_and_spans_lie_inside_each_other() {
    let profiler = profiler(1_000);
    work(&profiler);
    let (slices, left_out) = profiler.slices();
    let text = trace::json(&slices, left_out).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let events = file["traceEvents"].as_array().unwrap();
    let spans: Vec<&Value> = events.iter().filter(|event| event["ph"] == "X").collect();
    assert_eq!((spans.len(), file["otherData"]["spans_left_out"].as_u64()), (6, Some(0)));
    let threads = events.iter().filter(|event| event["ph"] == "M").count();
    assert_eq!(threads, 3);
    let time = |event: &Value, key: &str| event[key].as_f64().unwrap();
    let outer = spans.iter().find(|event| event["name"] == "gradient <all>").unwrap();
    let inside = spans.iter().filter(|event| event["name"] == "prepare");
    let mut sum = 0.0;
    for one in inside {
        assert_eq!(one["tid"], outer["tid"]);
        assert!(time(one, "ts") >= time(outer, "ts"));
        assert!(time(one, "ts") + time(one, "dur") <= time(outer, "ts") + time(outer, "dur") + 1.0);
        sum += time(one, "dur");
    }
    assert!(sum <= time(outer, "dur"));
}

/// Rectangles of a picture with the words of each: x, y, width.
fn rectangles(picture: &str) -> Vec<(String, [f64; 3])> {
    let number = |text: &str, key: &str| -> f64 {
        let rest = text.split_once(&format!(" {key}=\"")).unwrap().1;
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let frames = picture.split("<g><title>").skip(1);
    frames
        .map(|frame| {
            let (words, rest) = frame.split_once("</title>").unwrap();
            (words.to_owned(), ["x", "y", "width"].map(|key| number(rest, key)))
        })
        .collect()
}

#[test]
fn no_stage_is_narrower_than_what_stands_on_it() {
    let profiler = profiler(0);
    work(&profiler);
    let profile = profiler.profile();
    for width in [flame::Width::Processor, flame::Width::Waiting, flame::Width::Bytes] {
        let picture = flame::svg(&profile, width);
        assert_eq!(picture.matches("<g>").count(), picture.matches("</g>").count());
        assert!(
            picture.starts_with("<svg ")
                && picture.ends_with("</svg>\n")
                && !picture.contains("<all>")
        );
        let all = rectangles(&picture);
        for (words, [x, y, wide]) in &all {
            let above = all.iter().filter(|(_, [ax, ay, _])| {
                (y - ay - 22.0).abs() < 0.5 && *ax >= x - 0.01 && *ax < x + wide
            });
            let sum: f64 = above.map(|(_, [_, _, wide])| wide).sum();
            assert!(sum <= wide + 0.05, "{words}: {sum} on {wide}");
        }
        if width == flame::Width::Processor && cfg!(target_os = "linux") {
            assert_eq!(all.len(), 4, "{picture}");
            assert!(all[0].0.starts_with("all: "));
        }
    }
}
