//! The threads that make RSA signatures: as many as cores, with a bounded queue before them, so
//! that a burst of token requests neither blocks the async threads nor grows without bound.
//!
//! Threads of our own rather than tokio's blocking pool behind a semaphore: under load a thread
//! takes the next signature from the queue without being woken for it.

use std::io;
use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::KeysError;
use super::model::Algorithm;
use super::signer::PrivateKey;

/// About a quarter of a second's work for two cores.
const QUEUE: usize = 1024;

struct Job {
    private: Arc<PrivateKey>,
    input: String,
    answer: oneshot::Sender<Result<String, KeysError>>,
}

/// The way to the threads; they end when it is dropped.
pub(super) struct SigningThreads {
    queue: SyncSender<Job>,
}

impl SigningThreads {
    pub fn start() -> io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            let jobs = jobs.clone();
            thread::Builder::new()
                .name(format!("sign-{number}"))
                .spawn(move || run(&jobs))?;
        }
        Ok(Self { queue })
    }

    /// Signs on one of the threads. A caller that goes away takes its turn with it.
    pub async fn complete(
        &self,
        alg: Algorithm,
        private: Arc<PrivateKey>,
        input: String,
    ) -> Result<String, KeysError> {
        let (answer, signed) = oneshot::channel();
        self.queue
            .try_send(Job {
                private,
                input,
                answer,
            })
            .map_err(|_| KeysError::Busy)?;
        signed.await.map_err(|_| KeysError::Sign(alg))?
    }
}

fn run(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job {
            private,
            input,
            answer,
        }) = job
        else {
            return;
        };
        if !answer.is_closed() {
            // The caller may have gone meanwhile: nobody is left to tell.
            let _ = answer.send(private.complete(input));
        }
    }
}
