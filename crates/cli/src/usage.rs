//! What this process has taken from the machine so far, as Linux counts it.

use std::fs;

use runtime::memory::Limits;

use crate::mission::cores;

/// Ticks of a second in `/proc/self/stat`: `USER_HZ`, which is 100 on every Linux machine of today.
const TICKS: f64 = 100.0;

/// Processor time of all threads, s; not a number where the system does not tell.
pub fn cpu_s() -> f64 {
    let Ok(text) = fs::read_to_string("/proc/self/stat") else {
        return f64::NAN;
    };
    // The name of the program may hold blanks and stands in brackets; user and system time are fields 14 and 15.
    let Some((_, rest)) = text.rsplit_once(')') else {
        return f64::NAN;
    };
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next().and_then(|field| field.parse::<f64>().ok());
    match (next(), next()) {
        (Some(user), Some(system)) => (user + system) / TICKS,
        _ => f64::NAN,
    }
}

/// Most memory that was in use at once, MB; not a number where the system does not tell.
pub fn peak_mb() -> f64 {
    megabytes("/proc/self/status", "VmHWM:").unwrap_or(f64::NAN)
}

/// Memory in use, MB; not a number where the system does not tell.
pub fn resident_mb() -> f64 {
    megabytes("/proc/self/status", "VmRSS:").unwrap_or(f64::NAN)
}

/// Memory that this process may still take, MB, by the machine, the group of processes it is in and every group above.
pub fn available_mb() -> Option<f64> {
    Limits::read(None).left().map(|bytes| bytes as f64 / 1e6)
}

/// The processor and how many threads it runs for this process, in words.
pub fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let model = lines.find(|(key, _)| key.trim() == "model name").map(|(_, name)| name.trim());
    format!("{} × {}", cores(), model.unwrap_or(std::env::consts::ARCH))
}

/// The line of a file of `/proc` that begins with `name`, which counts kilobytes, in MB.
fn megabytes(file: &str, name: &str) -> Option<f64> {
    let text = fs::read_to_string(file).ok()?;
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes = rest.split_whitespace().next()?.parse::<f64>().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_has_taken_something() {
        let before = cpu_s();
        let mut sum = 0_u64;
        for i in 0..200_000_000_u64 {
            sum = std::hint::black_box(sum.wrapping_add(i));
        }
        assert!(cpu_s() > before, "{sum}");
        // Other tests of this program allocate meanwhile: the peak is looked at last.
        let resident = resident_mb();
        assert!(resident > 1.0 && peak_mb() >= resident);
        assert!(available_mb().unwrap() > 1.0);
    }
}
