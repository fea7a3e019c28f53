//! What a thread waits for.

/// What a thread was doing when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wait {
    /// It computed.
    Running,
    /// It wanted to compute and had no processor.
    Ready,
    /// It waited for another thread: a lock, a condition, a channel.
    Thread,
    /// It waited for a file: read, write, or until it is durable.
    Disk,
    /// It waited for a page of memory that is on a disk.
    Page,
    /// It waited for a socket, or for one of several events.
    Network,
    /// It slept for a time that it chose.
    Sleep,
    /// It waited for something else.
    Other,
}

impl Wait {
    /// All of them, [`Wait::index`] first.
    pub const ALL: [Wait; 8] = [
        Wait::Running,
        Wait::Ready,
        Wait::Thread,
        Wait::Disk,
        Wait::Page,
        Wait::Network,
        Wait::Sleep,
        Wait::Other,
    ];

    /// Its place in [`Wait::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// What a call of the system waits for, by its number on x86-64 and AArch64.
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(super) fn of_call(number: i64) -> Wait {
        #[cfg(target_arch = "x86_64")]
        let (thread, disk, network, sleep): (&[i64], &[i64], &[i64], &[i64]) = (
            &[202, 449, 454, 455, 456],
            &[
                0, 1, 17, 18, 19, 20, 40, 74, 75, 76, 77, 82, 87, 162, 257, 263, 264, 277, 285,
                306, 316, 2, 3, 26,
            ],
            &[7, 23, 42, 43, 44, 45, 46, 47, 232, 270, 271, 281, 288, 299, 307, 441],
            &[35, 230],
        );
        #[cfg(target_arch = "aarch64")]
        let (thread, disk, network, sleep): (&[i64], &[i64], &[i64], &[i64]) = (
            &[98, 449, 454, 455, 456],
            &[
                35, 38, 45, 46, 47, 56, 57, 63, 64, 65, 66, 67, 68, 71, 81, 82, 83, 84, 227, 267,
                276,
            ],
            &[22, 72, 73, 202, 203, 206, 207, 211, 212, 242, 243, 269, 441],
            &[101, 115],
        );
        match number {
            -1 => Wait::Page,
            number if thread.contains(&number) => Wait::Thread,
            number if disk.contains(&number) => Wait::Disk,
            number if network.contains(&number) => Wait::Network,
            number if sleep.contains(&number) => Wait::Sleep,
            _ => Wait::Other,
        }
    }

    /// Numbers of calls are not known here.
    #[cfg(all(target_os = "linux", not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    pub(super) fn of_call(number: i64) -> Wait {
        if number == -1 { Wait::Page } else { Wait::Other }
    }
}
