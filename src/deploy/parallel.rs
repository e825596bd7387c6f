//! Work on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does the work for each job on all processors, and gives the results in the order of the jobs.
pub(super) fn in_parallel<T: Sync, R: Send>(jobs: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    // A thread is worth its start for a handful of files.
    const LEAST: usize = 8;
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(jobs.len() / LEAST);
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = jobs.get(index) else { return done };
            done.push((index, work(job)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for other in others {
            match other.join() {
                Ok(theirs) => done.extend(theirs),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_jobs_however_many_there_are() {
        for count in [0, 1, 7, 8, 100, 1000] {
            let jobs: Vec<usize> = (0..count).collect();
            assert_eq!(in_parallel(&jobs, |job| job * 2), jobs.iter().map(|job| job * 2).collect::<Vec<_>>());
        }
    }
}
