//! A leak that is planted is named by the function that made it, under a load that allocates far more and keeps nothing.

use std::alloc::System;
use std::hint::black_box;

use lunar_habitat_runtime::memory::{Leaks, Sampled, Tracked};

#[global_allocator]
static ALLOCATOR: Tracked<System> = Tracked::new(System);

#[inline(never)]
fn planted_leak(kept: &mut Vec<Vec<u8>>) {
    kept.push(black_box(vec![1; 40_000]));
}

#[inline(never)]
fn busy_and_clean() {
    for size in [100, 5_000, 80_000, 700_000] {
        drop(black_box(vec![2_u8; size]));
    }
}

#[inline(never)]
fn cache_that_fills_once(cache: &mut Vec<Vec<u8>>) {
    if cache.len() < 200 {
        cache.push(black_box(vec![3; 50_000]));
    }
}

// One test, since what lives is counted for the whole program.
#[test]
fn a_planted_leak_is_named_and_nothing_else_is() {
    let (mut kept, mut cache, mut leaks) =
        (Vec::with_capacity(1 << 16), Vec::new(), Leaks::default());
    for look in 0..40 {
        for _ in 0..100 {
            planted_leak(&mut kept);
            busy_and_clean();
            cache_that_fills_once(&mut cache);
        }
        leaks.look(f64::from(look));
    }
    let found = leaks.found();
    assert_eq!(found.len(), 1, "{found:#?}");
    let (site, growth) = &found[0];
    assert!(site.place().contains("planted_leak"), "{site} {:#?}", site.frames);
    // 4 MB a look; about eight samples a look.
    let truth = 40_000.0 * 100.0;
    assert!((0.5..2.0).contains(&(growth.slope / truth)), "{growth:?}");
    assert!(growth.low <= truth * 1.2 && growth.high >= truth * 0.8, "{growth:?}");

    // Sums are right in the mean: 160 MB live, some 300 samples.
    let all = Sampled::now().bytes();
    let truth = 40_000.0 * kept.len() as f64 + 50_000.0 * cache.len() as f64;
    assert!((0.7..1.4).contains(&(all / truth)), "{all} sampled, {truth} live");

    drop((kept, cache));
    let after = Sampled::now().bytes();
    assert!(
        after < 0.05 * truth,
        "{after} bytes after everything was dropped: {:#?}",
        Sampled::now().sites
    );

    // Threads that free what others made leave nothing behind.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let made: Vec<Vec<u8>> = (0..200).map(|_| black_box(vec![4; 100_000])).collect();
                std::thread::spawn(move || drop(made)).join().unwrap();
            });
        }
    });
    let after = Sampled::now().bytes();
    assert!(after < 0.05 * truth, "{after} bytes after the threads");
}
