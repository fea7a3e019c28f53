//! Time that the calling thread has been on a processor.

/// Processor time of this thread, ns; 0 where the system does not tell.
#[cfg(target_os = "linux")]
pub(crate) fn thread_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    (time.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64)
}

/// Processor time of this thread, ns; 0 where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub(crate) fn thread_cpu_ns() -> u64 {
    0
}

/// Number of this thread in the system; 0 where there is none.
#[cfg(target_os = "linux")]
pub(super) fn thread_number() -> i32 {
    rustix::thread::gettid().as_raw_nonzero().get()
}

/// Number of this thread in the system; 0 where there is none.
#[cfg(not(target_os = "linux"))]
pub(super) fn thread_number() -> i32 {
    0
}
