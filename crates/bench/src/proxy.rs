//! Stands between the server and PostgreSQL and counts what passes (PostgreSQL's documentation,
//! chapter "Frontend/Backend Protocol").

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

use crate::Outcome;

/// What has passed so far.
#[derive(Default)]
pub struct Counts {
    /// Messages after which the frontend waits for the answer: Query, Sync, Flush, FunctionCall.
    round_trips: AtomicU64,
    /// Transactions that ended: ReadyForQuery that says "idle", once for each Query or Sync.
    transactions: AtomicU64,
}

/// A reading of [`Counts`].
#[derive(Clone, Copy)]
pub struct Reading {
    pub round_trips: u64,
    pub transactions: u64,
}

impl Counts {
    /// What has passed so far.
    pub fn read(&self) -> Reading {
        Reading {
            round_trips: self.round_trips.load(Ordering::SeqCst),
            transactions: self.transactions.load(Ordering::SeqCst),
        }
    }
}

/// Listens in `directory` as PostgreSQL would, and passes everything on to the one in `upstream`.
pub fn start(directory: &Path, upstream: &Path) -> Outcome<Arc<Counts>> {
    const SOCKET: &str = ".s.PGSQL.5432";
    let counts = Arc::new(Counts::default());
    let listener = UnixListener::bind(directory.join(SOCKET))?;
    let (upstream, counted) = (upstream.join(SOCKET), Arc::clone(&counts));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = UnixStream::connect(&upstream).await else {
                continue;
            };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let counts = Arc::clone(&counted);
            // The first message has no type byte (StartupMessage).
            tokio::spawn(pass(from_client, to_server, 0, move |kind, _| {
                if matches!(kind, b'Q' | b'S' | b'H' | b'F') {
                    counts.round_trips.fetch_add(1, Ordering::SeqCst);
                }
            }));
            let counts = Arc::clone(&counted);
            tokio::spawn(pass(from_server, to_client, 1, move |kind, payload| {
                if kind == b'Z' && payload.first() == Some(&b'I') {
                    counts.transactions.fetch_add(1, Ordering::SeqCst);
                }
            }));
        }
    });
    Ok(counts)
}

/// Passes bytes on, and shows each message's type and payload once it is complete. It is counted
/// before it is passed on, so that whoever has the answer finds the count.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut type_bytes: usize,
    mut seen: impl FnMut(u8, &[u8]),
) -> std::io::Result<()> {
    let mut pending = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut chunk).await?;
        let bytes = chunk.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return to.shutdown().await;
        }
        pending.extend_from_slice(bytes);
        while let Some(length) = pending
            .get(type_bytes..)
            .and_then(|rest| rest.first_chunk::<4>())
        {
            // The length counts itself, not the type byte.
            let end = type_bytes + u32::from_be_bytes(*length) as usize;
            let Some(message) = pending.get(..end) else {
                break;
            };
            if type_bytes == 1
                && let Some((kind, rest)) = message.split_first()
            {
                seen(*kind, rest.get(4..).unwrap_or_default());
            }
            pending.drain(..end);
            type_bytes = 1;
        }
        to.write_all(bytes).await?;
    }
}
