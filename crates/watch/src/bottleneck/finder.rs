//! The rules.

use super::counters::Counters;
use super::finding::{Diagnosis, Finding, Kind};
use crate::profile::StageFigures;
use crate::system::{StageWaits, Wait};

/// Least share of the looks at a stage in which it waits for one kind of thing.
const WAITS: f64 = 0.3;
/// The same for pages: a disk gives them one after the other, between which the thread runs.
const WAITS_FOR_PAGES: f64 = 0.15;
/// Least share of looks at which a queue is empty, or full.
const QUEUE: f64 = 0.6;
/// Least allocations in a millisecond of processor time: at some 50 ns each, a quarter of it.
const ALLOCATIONS_MS: f64 = 5_000.0;
/// Least bytes allocated in a millisecond of processor time, most of which is then clearing pages.
const ALLOCATED_MS: f64 = 2e6;
/// Time that an allocation and its end take, ms.
const ALLOCATION_MS: f64 = 5e-5;
/// Least runs of a stage before its size is judged.
const RUNS: u64 = 1_000;
/// Most pieces of work, and most processor time, of a run that is too small, ms.
const SMALL: (f64, f64) = (4.0, 0.05);
/// Least share of runs that found nothing to do.
const EMPTY: f64 = 0.8;
/// Share of the bandwidth of memory between which a loop waits for it; what is faster runs in the caches.
const BANDWIDTH: (f64, f64) = (0.4, 2.0);
/// Threads that want to run, by processor, above which there are too many.
const CROWD: f64 = 2.0;
/// Most threads that run in the mean where one does all the work.
const ALONE: f64 = 1.25;
/// Least share of the time that a stage must have to be told of.
const LEAST: f64 = 0.1;
/// Least looks at a stage, or at all of them, before anything is judged by them.
pub(super) const LOOKS: u64 = 10;

/// A stage and what was seen of it.
struct Seen<'a> {
    stage: &'a StageFigures,
    waits: StageWaits,
    /// Its share of the time of all threads in stages.
    share: f64,
}

impl Seen<'_> {
    fn finding(&self, kind: Kind, part: f64, evidence: String) -> Finding {
        Finding {
            stage: self.stage.name().to_owned(),
            kind,
            share: self.share * part.clamp(0.0, 1.0),
            evidence,
        }
    }

    /// Share of looks at which it waited for this.
    fn waiting(&self, wait: Wait) -> f64 {
        if self.waits.looks() < LOOKS { 0.0 } else { self.waits.share(wait) }
    }

    /// Share of its time in which it ran or wanted to.
    fn running(&self) -> f64 {
        if self.waits.looks() < LOOKS { 1.0 } else { self.waits.share(Wait::Running) }
    }

    fn cpu_ms(&self) -> f64 {
        self.stage.own.cpu_ns as f64 / 1e6
    }
}

/// What holds a program back, by its counters.
///
/// ```
/// use lunar_habitat_watch::bottleneck::{Counters, find};
/// assert!(find(&Counters::default()).limit().is_none());
/// ```
#[must_use]
pub fn find(counters: &Counters) -> Diagnosis {
    let stages = counters.profile.by_name();
    let all_ns: u64 = stages.iter().map(StageFigures::busy_ns).sum();
    let looks = counters.waits.looks;
    if all_ns == 0 {
        return Diagnosis { looks, ..Diagnosis::default() };
    }
    let seen: Vec<Seen<'_>> = stages
        .iter()
        .map(|stage| Seen {
            stage,
            waits: counters.waits.stages.get(stage.name()).cloned().unwrap_or_default(),
            share: stage.busy_ns() as f64 / all_ns as f64,
        })
        .collect();
    let mut findings: Vec<Finding> = Vec::new();
    for one in seen.iter().filter(|one| one.share >= LEAST) {
        findings.extend(waiting(one, counters));
        findings.extend(computing(one, counters));
    }
    findings.extend(crowd(&seen, counters));
    findings.retain(|finding| finding.share >= LEAST);
    findings.sort_by(|a, b| b.share.total_cmp(&a.share));
    if findings.is_empty() {
        findings.extend(alone(&seen, counters));
    }
    // Threads beyond the processors wait for each other, which is no disturbance.
    let own_delay = (counters.waits.running_mean() - counters.cores).max(0.0) * counters.own.span_s;
    let wanted_s = counters.own.cpu_s + counters.own.delay_s;
    let disturbed =
        if wanted_s > 0.0 { (counters.own.delay_s - own_delay) / wanted_s } else { 0.0 };
    Diagnosis { findings, disturbed: disturbed.clamp(0.0, 1.0), looks }
}

/// What a stage waits for.
fn waiting(one: &Seen<'_>, counters: &Counters) -> Option<Finding> {
    let part = |wait| one.waiting(wait);
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    let of_looks = format!("of {} looks at it", one.waits.looks());
    let disk = part(Wait::Disk);
    if disk >= WAITS {
        let (written, span_s) = (counters.own.written_bytes, counters.own.span_s.max(1e-9));
        let words = format!(
            "it waited for a disk at {} {of_looks}; the process wrote {:.1} MB/s in runs of {:.2} ms.",
            percent(disk),
            written as f64 / 1e6 / span_s,
            one.stage.lengths.quantile(0.5).as_secs_f64() * 1e3
        );
        return Some(one.finding(Kind::Disk, disk, words));
    }
    let pages = part(Wait::Page);
    if pages >= WAITS_FOR_PAGES && counters.own.major_faults > 0 {
        let words = format!(
            "it waited for pages at {} {of_looks}; {} had to come from a disk.",
            percent(pages),
            counters.own.major_faults
        );
        return Some(one.finding(Kind::Pages, pages, words));
    }
    let thread = part(Wait::Thread);
    if thread >= WAITS {
        let name = one.stage.name();
        let often = |count: u64, looks: u64| looks > 0 && count as f64 >= QUEUE * looks as f64;
        let starved = |q: &&super::QueueLooks| q.taker == name && often(q.empty, q.looks);
        if let Some(queue) = counters.queues.iter().find(starved) {
            let words = format!(
                "it waited at {} {of_looks}, and the queue `{}` was empty at {} of {} looks; `{}` fills it.",
                percent(thread),
                queue.name,
                queue.empty,
                queue.looks,
                queue.giver
            );
            return Some(one.finding(Kind::StarvedQueue, thread, words));
        }
        let full = |q: &&super::QueueLooks| q.giver == name && often(q.full, q.looks);
        if let Some(queue) = counters.queues.iter().find(full) {
            let words = format!(
                "it waited at {} {of_looks}, and the queue `{}` had no room at {} of {} looks; `{}` empties it.",
                percent(thread),
                queue.name,
                queue.full,
                queue.looks,
                queue.taker
            );
            return Some(one.finding(Kind::FullQueue, thread, words));
        }
        if one.waits.threads > 1 {
            let words = format!(
                "its {} threads waited for each other at {} {of_looks}.",
                one.waits.threads,
                percent(thread)
            );
            return Some(one.finding(Kind::Lock, thread, words));
        }
    }
    for (wait, kind, what) in
        [(Wait::Network, Kind::Network, "for sockets"), (Wait::Sleep, Kind::Sleep, "by sleeping")]
    {
        if part(wait) >= WAITS {
            let words = format!("it waited {what} at {} {of_looks}.", percent(part(wait)));
            return Some(one.finding(kind, part(wait), words));
        }
    }
    None
}

/// What a stage that runs spends its time with.
fn computing(one: &Seen<'_>, counters: &Counters) -> Option<Finding> {
    let (stage, running, cpu_ms) = (one.stage, one.running(), one.cpu_ms());
    if running < 0.5 || cpu_ms <= 0.0 {
        return None;
    }
    let runs = stage.runs.max(1) as f64;
    let counted = stage.items > 0 || stage.empty > 0;
    if counted && stage.runs >= RUNS && stage.empty as f64 >= EMPTY * runs {
        let words = format!(
            "it ran {} times and found nothing to do in {:.1} % of them, with {:.0} % of its time on processors.",
            stage.runs,
            100.0 * stage.empty as f64 / runs,
            100.0 * running
        );
        return Some(one.finding(Kind::BusyWait, running, words));
    }
    let (calls_ms, bytes_ms) =
        (stage.own.allocations as f64 / cpu_ms, stage.own.bytes as f64 / cpu_ms);
    if calls_ms >= ALLOCATIONS_MS || bytes_ms >= ALLOCATED_MS {
        let words = format!(
            "it allocated {calls_ms:.0} times and {:.1} MB in a millisecond of processor time.",
            bytes_ms / 1e6
        );
        let part = if bytes_ms >= ALLOCATED_MS { 0.5 } else { calls_ms * ALLOCATION_MS };
        return Some(one.finding(Kind::Allocation, part.min(1.0) * running, words));
    }
    let (pieces, each_ms) = (stage.items as f64 / runs, cpu_ms / runs);
    if counted && stage.runs >= RUNS && pieces <= SMALL.0 && each_ms <= SMALL.1 {
        let words = format!(
            "it ran {} times for {pieces:.1} pieces of work and {:.1} µs each.",
            stage.runs,
            1e3 * each_ms
        );
        return Some(one.finding(Kind::SmallBatches, running, words));
    }
    if let Some(most) = counters.bandwidth_s {
        let share = stage.moved as f64 / (cpu_ms / 1e3) / most;
        if (BANDWIDTH.0..BANDWIDTH.1).contains(&share) {
            let words = format!(
                "it moved {:.1} GB in a second of processor time, {:.0} % of what memory gives to one thread.",
                share * most / 1e9,
                100.0 * share
            );
            return Some(one.finding(Kind::MemoryBandwidth, running, words));
        }
    }
    None
}

/// More threads that want to run than there are processors.
fn crowd(seen: &[Seen<'_>], counters: &Counters) -> Option<Finding> {
    let mean = counters.waits.running_mean();
    if counters.waits.looks < LOOKS || counters.cores <= 0.0 || mean < CROWD * counters.cores {
        return None;
    }
    let largest = seen.iter().max_by(|a, b| a.share.total_cmp(&b.share))?;
    let words = format!("{mean:.1} threads wanted to run on {:.1} processors.", counters.cores);
    let mut finding = largest.finding(Kind::Oversubscription, 1.0 - counters.cores / mean, words);
    finding.share = 1.0 - counters.cores / mean;
    Some(finding)
}

/// One thread that computes while processors are free.
fn alone(seen: &[Seen<'_>], counters: &Counters) -> Option<Finding> {
    let mean = counters.waits.running_mean();
    let largest = seen.iter().max_by(|a, b| a.share.total_cmp(&b.share))?;
    let may_share = counters.cores >= 2.0 && counters.threads.is_none_or(|threads| threads >= 2);
    let is_alone = counters.waits.looks >= LOOKS && may_share && mean <= ALONE;
    let computes = largest.share >= 0.5 && largest.running() >= 0.8 && largest.waits.threads == 1;
    (is_alone && computes).then(|| {
        let words =
            format!("{mean:.1} threads ran in the mean, with {:.1} processors.", counters.cores);
        largest.finding(Kind::OneThread, 1.0, words)
    })
}
