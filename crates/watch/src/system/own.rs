//! This process and its threads.

use std::collections::BTreeMap;
use std::time::Instant;

/// Counters of a thread.
#[derive(Debug, Clone, Default)]
struct Task {
    name: String,
    cpu_ns: u64,
    delay_ns: u64,
}

/// A look at the counters of this process.
#[derive(Debug, Clone)]
pub struct Own {
    at: Instant,
    tasks: BTreeMap<i32, Task>,
    /// All threads, also those that have ended.
    cpu_s: f64,
    major_faults: u64,
    read: u64,
    written: u64,
    resident: u64,
    files: usize,
}

/// Threads of one name between two looks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ThreadUse {
    /// Their name, without a number at its end.
    pub name: String,
    /// How many there are.
    pub count: usize,
    /// Processor time, s.
    pub cpu_s: f64,
    /// Time in which they wanted to run and had no processor, s.
    pub delay_s: f64,
}

/// What this process did between two looks, and how it stands at the later one.
///
/// Whatever the system does not tell to this program is 0 or empty here: all but the span on other systems than Linux, and a
/// single figure where a file of `/proc` is closed to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnUse {
    /// Time between the looks, s.
    pub span_s: f64,
    /// Processor time of all threads, s.
    pub cpu_s: f64,
    /// Time in which threads that live wanted to run and had no processor, s.
    pub delay_s: f64,
    /// Pages that had to come from a disk.
    pub major_faults: u64,
    /// Bytes read from disks.
    pub read_bytes: u64,
    /// Bytes written to disks.
    pub written_bytes: u64,
    /// Memory in use, bytes.
    pub resident_bytes: u64,
    /// Open files.
    pub files: usize,
    /// Threads by name: the part of the program that they belong to; the one with the most processor time first.
    pub threads: Vec<ThreadUse>,
}

impl Own {
    /// Look now.
    #[must_use]
    pub fn now() -> Own {
        let mut own = Own::nothing(Instant::now());
        own.read();
        own
    }

    /// Counters that have not counted yet.
    fn nothing(at: Instant) -> Own {
        Own {
            at,
            tasks: BTreeMap::new(),
            cpu_s: 0.0,
            major_faults: 0,
            read: 0,
            written: 0,
            resident: 0,
            files: 0,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn read(&mut self) {}

    #[cfg(target_os = "linux")]
    fn read(&mut self) {
        let Ok(process) = procfs::process::Process::myself() else {
            return;
        };
        if let Ok(stat) = process.stat() {
            self.cpu_s = (stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64;
            self.major_faults = stat.majflt;
            self.resident = stat.rss * procfs::page_size();
        }
        if let Ok(io) = process.io() {
            (self.read, self.written) = (io.read_bytes, io.write_bytes);
        }
        self.files = process.fd_count().unwrap_or(0);
        for task in process.tasks().into_iter().flatten().flatten() {
            // A thread may end while it is looked at.
            if let (Ok(stat), Ok(times)) = (task.stat(), task.schedstat()) {
                let (cpu_ns, delay_ns) = (times.sum_exec_runtime, times.run_delay);
                self.tasks.insert(task.tid, Task { name: stat.comm, cpu_ns, delay_ns });
            }
        }
    }

    /// What happened since the process began; the span is 0, since nobody looked then.
    #[must_use]
    pub fn total(&self) -> OwnUse {
        self.since(&Own::nothing(self.at))
    }

    /// What happened since an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &Own) -> OwnUse {
        let mut by_name: BTreeMap<&str, ThreadUse> = BTreeMap::new();
        let mut delay_s = 0.0;
        for (tid, task) in &self.tasks {
            let none = Task::default();
            let before = earlier.tasks.get(tid).unwrap_or(&none);
            let seconds = |now: u64, before: u64| now.saturating_sub(before) as f64 / 1e9;
            let name =
                task.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == ' ');
            let sum = by_name
                .entry(name)
                .or_insert_with(|| ThreadUse { name: name.to_owned(), ..ThreadUse::default() });
            sum.count += 1;
            sum.cpu_s += seconds(task.cpu_ns, before.cpu_ns);
            sum.delay_s += seconds(task.delay_ns, before.delay_ns);
            delay_s += seconds(task.delay_ns, before.delay_ns);
        }
        let mut threads: Vec<ThreadUse> = by_name.into_values().collect();
        threads.sort_by(|a, b| b.cpu_s.total_cmp(&a.cpu_s));
        OwnUse {
            span_s: self.at.saturating_duration_since(earlier.at).as_secs_f64(),
            cpu_s: self.cpu_s - earlier.cpu_s,
            delay_s,
            major_faults: self.major_faults.saturating_sub(earlier.major_faults),
            read_bytes: self.read.saturating_sub(earlier.read),
            written_bytes: self.written.saturating_sub(earlier.written),
            resident_bytes: self.resident,
            files: self.files,
            threads,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn threads_are_told_apart_by_name() {
        let before = Own::now();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        let (said, heard) = std::sync::mpsc::channel();
        let work = move || {
            let mut sum = 0_u64;
            for i in 0..200_000_000_u64 {
                sum = std::hint::black_box(sum.wrapping_add(i));
            }
            said.send(sum).unwrap();
            let _ = stopped.recv();
        };
        let thread = std::thread::Builder::new().name("digger-7".into()).spawn(work).unwrap();
        heard.recv().unwrap();
        let used = Own::now().since(&before);
        drop(stop);
        thread.join().unwrap();
        let digger = used.threads.iter().find(|one| one.name == "digger").unwrap();
        assert_eq!(digger.count, 1);
        assert!(
            digger.cpu_s > 0.0
                && used.cpu_s >= 0.0
                && used.resident_bytes > 1 << 20
                && used.files > 0
        );
    }
}
