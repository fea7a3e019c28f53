//! Processors that this program may use: the machine's, by affinity, and what its groups of processes are granted.
//!
//! The standard library counts whole processors; a group may be granted a part of one, and the grant may change while the
//! program runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::group::groups;

/// Processors that this program may use now, a part of one counting as such; above 0.
pub(crate) fn cores() -> f64 {
    let machine = affine() as f64;
    granted(Path::new("/")).map_or(machine, |granted| granted.min(machine))
}

/// Whole processors that the threads of this program may run on.
fn affine() -> usize {
    #[cfg(target_os = "linux")]
    if let Ok(set) = rustix::thread::sched_getaffinity(None) {
        return (set.count() as usize).max(1);
    }
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Processor time that this program has used, of all its threads.
pub(crate) fn processor_time() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let seconds = u64::try_from(time.tv_sec).ok()?;
        Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// The least that a group of this process, or one above it, is granted in processors; `None` without a limit. The files are
/// looked for under `root`.
fn granted(root: &Path) -> Option<f64> {
    let grants = groups(root, "cpu").into_iter();
    grants
        .filter_map(|group| if group.is_v2 { second(&group.dir) } else { first(&group.dir) })
        .reduce(f64::min)
}

/// A group of the second version: `cpu.max` holds what it may use in a period and the period, µs, or "max".
fn second(dir: &Path) -> Option<f64> {
    let text = fs::read_to_string(dir.join("cpu.max")).ok()?;
    let mut words = text.split_whitespace();
    ratio(words.next()?.parse().ok()?, words.next()?.parse().ok()?)
}

/// A group of the first version: the same in two files, −1 without a limit.
fn first(dir: &Path) -> Option<f64> {
    let number = |name: &str| fs::read_to_string(dir.join(name)).ok()?.trim().parse::<f64>().ok();
    ratio(number("cpu.cfs_quota_us")?, number("cpu.cfs_period_us")?)
}

fn ratio(quota: f64, period: f64) -> Option<f64> {
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of files under a folder of its own.
    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = crate::group::below(root.path(), path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MOUNT_2: &str =
        "29 23 0:25 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
    const MOUNT_1: &str = "30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
         31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

    #[test]
    fn a_group_of_the_second_version_and_those_above_it() {
        let files = [
            ("/proc/self/cgroup", "0::/lab/training\n"),
            ("/proc/self/mountinfo", MOUNT_2),
            ("/sys/fs/cgroup/lab/training/cpu.max", "max 100000\n"),
            ("/sys/fs/cgroup/lab/cpu.max", "150000 100000\n"),
        ];
        assert_eq!(granted(tree(&files).path()), Some(1.5));
        let mut tighter = files;
        tighter[2].1 = "25000 50000\n";
        assert_eq!(granted(tree(&tighter).path()), Some(0.5));
        assert_eq!(granted(tree(&files[..3]).path()), None);
    }

    #[test]
    fn a_group_of_the_first_version_and_those_above_it() {
        let files = [
            ("/proc/self/cgroup", "5:memory:/lab\n4:cpu,cpuacct:/lab/training\n"),
            ("/proc/self/mountinfo", MOUNT_1),
            ("/sys/fs/cgroup/cpu,cpuacct/lab/training/cpu.cfs_quota_us", "-1\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/lab/training/cpu.cfs_period_us", "100000\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/lab/cpu.cfs_quota_us", "300000\n"),
            ("/sys/fs/cgroup/cpu,cpuacct/lab/cpu.cfs_period_us", "100000\n"),
        ];
        assert_eq!(granted(tree(&files).path()), Some(3.0));
        assert_eq!(granted(tree(&files[..4]).path()), None);
    }

    #[test]
    fn in_a_container_the_mount_is_the_group() {
        let mount = MOUNT_2.replace(" / /sys", " /docker/ab12 /sys");
        let files = [
            ("/proc/self/cgroup", "0::/docker/ab12\n"),
            ("/proc/self/mountinfo", mount.as_str()),
            ("/sys/fs/cgroup/cpu.max", "200000 100000\n"),
        ];
        assert_eq!(granted(tree(&files).path()), Some(2.0));
    }

    #[test]
    fn where_nothing_is_said_there_is_no_limit() {
        assert_eq!(granted(tree(&[]).path()), None);
        let odd = [("/proc/self/cgroup", "no colons\n0::/\n"), ("/proc/self/mountinfo", "what\n")];
        assert_eq!(granted(tree(&odd).path()), None);
    }

    #[test]
    fn this_program_may_use_something() {
        // The library rounds down what a group is granted, and counts at least one.
        let whole = std::thread::available_parallelism().unwrap().get() as f64;
        let cores = cores();
        assert!(cores > 0.0 && cores.floor().max(1.0) == whole, "{cores} and {whole}");
    }
}
