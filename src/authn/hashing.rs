//! The threads that hash passwords: as many as cores, with a bounded queue before them. They stand
//! back: whatever else the server has to answer goes first, so that a flood of sign-ins takes the
//! time that nothing else wants, waits for at most a second, and is turned away beyond that. Where
//! something else wants all the time there is, one more thread has a share, so that people still get
//! in.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::argon::Memory;
use super::password::PasswordError;

/// How many may wait for a thread. At 26 ms each, two threads have done them in less than a second.
const QUEUE: usize = 64;

/// A thread without work keeps its 19 MiB so long: under load it need not get them from the system
/// for each hash, which would cost about a tenth of the hash.
const KEPT: Duration = Duration::from_secs(1);

/// A hash that has waited so long is taken by the thread in reserve: longer than it waits in a full
/// queue where the others get on.
const PATIENCE: Duration = Duration::from_secs(1);

/// The share that the thread in reserve has of the processor where others want it, too: a tenth of
/// theirs (sched(7), nice values).
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// The way to the threads; they end when it is dropped.
pub(super) struct HashingThreads(Arc<Queue>);

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// For the thread in reserve, while it waits for the first job to come.
    filled: Condvar,
}

struct State {
    jobs: VecDeque<(Instant, Job)>,
    /// When the thread in reserve takes a job.
    patience: Duration,
    closed: bool,
}

impl HashingThreads {
    pub fn start() -> Result<Self, PasswordError> {
        Self::with_patience(PATIENCE)
    }

    fn with_patience(patience: Duration) -> Result<Self, PasswordError> {
        let threads = Self(Arc::new(Queue {
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                patience,
                closed: false,
            }),
            changed: Condvar::new(),
            filled: Condvar::new(),
        }));
        let spawn = |name: String, serve: fn(&Queue)| {
            let queue = Arc::clone(&threads.0);
            thread::Builder::new()
                .name(name)
                .spawn(move || serve(&queue))
                .map_err(|error| PasswordError::Failed(error.to_string()))
        };
        for number in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            spawn(format!("hash-{number}"), Queue::serve)?;
        }
        spawn("hash-reserve".to_owned(), Queue::serve_what_waits)?;
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
        self.0.filled.notify_all();
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
        let is_first = state.jobs.is_empty();
        state.jobs.push_back((Instant::now(), job));
        drop(state);
        self.changed.notify_one();
        if is_first {
            self.filled.notify_one();
        }
        Ok(())
    }

    fn serve(&self) {
        take_what_is_left();
        let mut memory = Memory::default();
        while let Some(job) = self.next(&mut memory) {
            work(job, &mut memory);
        }
    }

    /// The thread in reserve. It keeps no memory: it is for rare times.
    fn serve_what_waits(&self) {
        take_a_share();
        while let Some(job) = self.next_that_waits() {
            work(job, &mut Memory::default());
        }
    }

    /// The next job that has waited for too long; `None` when there will be no more.
    fn next_that_waits(&self) -> Option<Job> {
        let mut state = self.lock();
        while !state.closed {
            let waited = state.jobs.front().map(|(since, _)| since.elapsed());
            state = match waited.map(|waited| state.patience.checked_sub(waited)) {
                None => self
                    .filled
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(Some(rest)) if !rest.is_zero() => {
                    self.filled
                        .wait_timeout(state, rest)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                Some(_) => return state.jobs.pop_front().map(|(_, job)| job),
            };
        }
        None
    }

    /// The next job; `None` when there will be no more. Gives the memory back if none comes soon.
    fn next(&self, memory: &mut Memory) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some((_, job)) = state.jobs.pop_front() {
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

fn work(job: Job, memory: &mut Memory) {
    // A job that panics answers its caller by going away; the thread goes on.
    if catch_unwind(AssertUnwindSafe(|| job(memory))).is_err() {
        *memory = Memory::default();
    }
}

/// Leaves the processor to whoever else of the process wants it, at once (`SCHED_IDLE`). A lower
/// nice value is not enough: the scheduler of Linux 6.18 was seen to let a thread that had just got
/// the processor keep it for a millisecond and more, whoever else woke up meanwhile.
///
/// A debug build only takes a smaller share: beside it compilers and tests take all that there is.
fn take_what_is_left() {
    take_a_share();
    #[cfg(all(target_os = "linux", not(debug_assertions)))]
    {
        use thread_priority::{
            NormalThreadSchedulePolicy::Idle, ThreadPriority, ThreadSchedulePolicy,
            set_thread_priority_and_policy, thread_native_id,
        };
        let idle = ThreadSchedulePolicy::Normal(Idle);
        // Where it is refused, the smaller share remains.
        let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
    }
}

/// Lowers this thread's priority, which every thread may. Elsewhere than on Linux the call would
/// mean the whole process.
fn take_a_share() {
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
        let threads = Arc::new(HashingThreads::with_patience(Duration::MAX).unwrap());
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

    #[tokio::test]
    async fn what_waits_for_too_long_is_taken_by_the_thread_in_reserve() {
        let threads = HashingThreads::with_patience(Duration::MAX).unwrap();
        let workers = thread::available_parallelism().unwrap().get();
        let (begun, has_begun) = channel();
        let mut gates = Vec::new();
        // As on a machine whose processors are all wanted by others.
        for _ in 0..workers {
            let (gate, opened) = channel::<()>();
            gates.push(gate);
            let begun = begun.clone();
            let stuck = Box::new(move |_: &mut Memory| {
                begun.send(()).unwrap();
                let _ = opened.recv();
            });
            threads.0.add(stuck).unwrap();
            has_begun.recv().unwrap();
        }
        threads.0.lock().patience = Duration::from_millis(1);
        for _ in 0..3 {
            let name = threads.run(|_| Ok(thread::current().name().map(str::to_owned)));
            assert_eq!(name.await.unwrap().as_deref(), Some("hash-reserve"));
        }
    }

    /// The policy of a release build (`SCHED_IDLE`) shows in the benchmark.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_threads_stand_back() {
        let threads = HashingThreads::start().unwrap();
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let own = nice();
        let theirs = threads.run(move |_| Ok(nice())).await.unwrap();
        assert!(theirs >= own.max(NICE), "{theirs}");
        assert_eq!(nice(), own);
    }
}
