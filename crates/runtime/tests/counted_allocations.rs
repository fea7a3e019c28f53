//! One allocation in half a megabyte is sampled, and the books of that were counted as memory of whatever was running: a stage
//! that allocated 7 000 bytes had 8 056 of them now and then.

use std::alloc::System;
use std::hint::black_box;

use lunar_habitat_runtime::memory::{Allocated, Tracked};

#[global_allocator]
static ALLOCATOR: Tracked<System> = Tracked::new(System);

#[test]
fn what_a_thread_allocates_is_counted_to_the_byte() {
    let before = Allocated::by_this_thread();
    for _ in 0..50_000 {
        drop(black_box(vec![1_u8; 4_096]));
    }
    // Some four hundred samples were taken meanwhile.
    let made = Allocated::by_this_thread().since(before);
    assert_eq!((made.bytes, made.calls), (50_000 * 4_096, 50_000));
}
