//! The threads that hash passwords: as many as cores, with a bounded queue before them. They stand
//! back: whatever else the server has to answer goes first, so that a flood of sign-ins takes the
//! time that nothing else wants, waits for at most a second, and is turned away beyond that.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use super::argon::Memory;
use super::password::PasswordError;

/// How many may wait for a thread. At 26 ms each, two threads have done them in less than a second.
const QUEUE: usize = 64;

/// A thread without work keeps its 19 MiB so long: under load it need not get them from the system
/// for each hash, which would cost about a tenth of the hash.
const KEPT: Duration = Duration::from_secs(1);

/// A thread's share of the processor where another wants it, too: a tenth (sched(7), nice values).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The way to the threads; they end when it is dropped.
pub(super) struct HashingThreads(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl HashingThreads {
    pub fn start() -> Result<Self, PasswordError> {
        let threads = Self(Arc::default());
        for number in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            let queue = Arc::clone(&threads.0);
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || queue.serve())
                .map_err(|error| PasswordError::Failed(error.to_string()))?;
        }
        Ok(threads)
    }

    /// Does some work on one of the threads. Of a caller that went away it is not done any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let (answer, done) = oneshot::channel();
        self.0.add(Box::new(move |memory| {
            if !answer.is_closed() {
                // The caller may have gone meanwhile: nobody is left to tell.
                let _ = answer.send(work(memory));
            }
        }))?;
        let failed = |_| PasswordError::Failed("a hashing thread gave no answer".to_owned());
        done.await.map_err(failed)?
    }
}

impl Drop for HashingThreads {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, job: Job) -> Result<(), PasswordError> {
        let mut state = self.lock();
        if state.jobs.len() >= QUEUE {
            return Err(PasswordError::Overloaded);
        }
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    fn serve(&self) {
        stand_back();
        let mut memory = Memory::default();
        while let Some(job) = self.next(&mut memory) {
            // A job that panics answers its caller by going away; the thread goes on.
            if catch_unwind(AssertUnwindSafe(|| job(&mut memory))).is_err() {
                memory = Memory::default();
            }
        }
    }

    /// The next job; `None` when there will be no more. Gives the memory back if none comes soon.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = if memory.is_empty() {
                self.changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            } else {
                let waited = self.changed.wait_timeout(state, KEPT);
                let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                if timeout.timed_out() && state.jobs.is_empty() {
                    *memory = Memory::default();
                }
                state
            };
        }
    }
}

/// Lowers this thread's priority, which every thread may. Elsewhere than on Linux the call would
/// mean the whole process.
fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        // Refused where the whole process stands back further already.
        let _ = rustix::process::setpriority_process(None, NICE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_queue_turns_away_and_goes_on() {
        let threads = Arc::new(HashingThreads::start().unwrap());
        let workers = thread::available_parallelism().unwrap().get();
        let (begun, has_begun) = channel();
        let mut gates = Vec::new();
        let mut running = Vec::new();
        for number in 0..workers + QUEUE {
            let (gate, opened) = channel::<()>();
            gates.push(gate);
            let (threads, begun) = (Arc::clone(&threads), begun.clone());
            let work = move |_: &mut Memory| {
                begun.send(()).unwrap();
                let _ = opened.recv();
                Ok(number)
            };
            running.push(tokio::spawn(async move { threads.run(work).await }));
            if number < workers {
                has_begun.recv().unwrap();
            }
        }
        while threads.0.lock().jobs.len() < QUEUE {
            tokio::task::yield_now().await;
        }
        let refused = threads.run(|_| Ok(())).await;
        assert!(matches!(refused, Err(PasswordError::Overloaded)));
        // One whose caller went away is not done.
        running.last().unwrap().abort();
        let gone = running.pop().unwrap();
        assert!(gone.await.unwrap_err().is_cancelled());
        drop(gates);
        for one in running {
            one.await.unwrap().unwrap();
        }
        assert!(threads.run(|_| Ok(())).await.is_ok());
        assert_eq!(has_begun.try_iter().count(), QUEUE - 1);
    }

    #[tokio::test]
    async fn a_hash_that_panics_takes_no_thread_with_it() {
        let threads = HashingThreads::start().unwrap();
        let workers = thread::available_parallelism().unwrap().get();
        for _ in 0..=workers {
            let failed = threads
                .run(|_| -> Result<(), _> { panic!("in a test") })
                .await;
            assert!(matches!(failed, Err(PasswordError::Failed(_))));
        }
        assert!(threads.run(|_| Ok(())).await.is_ok());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_threads_stand_back() {
        let threads = HashingThreads::start().unwrap();
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let own = nice();
        assert_eq!(
            threads.run(move |_| Ok(nice())).await.unwrap(),
            own.max(NICE)
        );
        assert_eq!(nice(), own);
    }
}
