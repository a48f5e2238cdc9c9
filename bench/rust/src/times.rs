// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process's own time, and calls timed one by one, because a mean hides those that had to wait.
use crate::frame::{fail, Extras};
use std::time::{Duration, Instant};

/// A moment in the time that the processors spent on this process, which hardly changes with what else runs on the machine:
/// for what one thread does, as an [`Instant`] is for what threads do together.
#[derive(Clone, Copy)]
pub struct OwnTime(Duration);

impl OwnTime {
    #[must_use]
    pub fn now() -> Self {
        let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the output is a local.
        if unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut now) } != 0 {
            fail("clock_gettime", "the process has no time of its own");
        }
        OwnTime(Duration::new(now.tv_sec as u64, now.tv_nsec as u32))
    }

    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().0.saturating_sub(self.0)
    }
}

/// Below this time a run only shows that everything works.
const SMOKE_SECONDS: f64 = 0.1;

/// How many calls to time: `many`, or `few` in a smoke run.
#[must_use]
pub fn samples(seconds: f64, few: usize, many: usize) -> usize {
    if seconds < SMOKE_SECONDS {
        few
    } else {
        many
    }
}

/// What a call takes in ns, and what it gives.
#[inline(always)]
pub fn timed<R>(call: impl FnOnce() -> R) -> (u64, R) {
    let start = Instant::now();
    let result = call();
    (start.elapsed().as_nanos() as u64, result)
}

/// As many empty timings: what the timer itself costs.
#[must_use]
pub fn empty(samples: usize) -> Vec<u64> {
    (0..samples).map(|_| timed(|| ()).0).collect()
}

/// The time that a share of them does not exceed.
pub fn rank(of: &mut [u64], share: f64) -> f64 {
    let at = (share * (of.len() - 1) as f64) as usize;
    *of.select_nth_unstable(at).1 as f64
}

/// The tail of calls timed one by one, less the median of an empty timing, for extra.jsonl.
pub fn note_tail(extras: &mut Extras, benchmark: &str, mut taken: Vec<u64>) {
    let mut timer = empty(taken.len());
    let nothing = rank(&mut timer, 0.5) as u64;
    for times in [&mut taken, &mut timer] {
        times.iter_mut().for_each(|time| *time = time.saturating_sub(nothing));
    }
    let mut set = |key, value| extras.set(benchmark, key, value);
    set("p50_ns", rank(&mut taken, 0.5));
    set("p99_ns", rank(&mut taken, 0.99));
    set("p999_ns", rank(&mut taken, 0.999));
    set("max_ns", rank(&mut taken, 1.0));
    set("over_100_ppm", over_100_ppm(&taken));
    set("timer_p999_ns", rank(&mut timer, 0.999));
    set("timer_over_100_ppm", over_100_ppm(&timer));
}

fn over_100_ppm(times: &[u64]) -> f64 {
    times.iter().filter(|time| **time > 100).count() as f64 / times.len() as f64 * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_time_passes_by_work() {
        let (start, mut sum) = (OwnTime::now(), 0_u64);
        while start.elapsed().is_zero() {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(start.elapsed() <= OwnTime(Duration::ZERO).elapsed());
    }

    #[test]
    fn ranks_are_of_the_sorted_times() {
        let mut times: Vec<u64> = (0..1_001).rev().collect();
        assert_eq!(rank(&mut times, 0.5), 500.0);
        assert_eq!(rank(&mut times, 0.99), 990.0);
        assert_eq!(rank(&mut times, 1.0), 1_000.0);
        assert_eq!(over_100_ppm(&[100, 101, 5, 200]), 500_000.0);
    }
}
