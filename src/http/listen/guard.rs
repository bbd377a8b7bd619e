//! A connection that is cut when its client is too slow, and that counts against a limit.
//!
//! The HTTP layer bounds the time for the head of an HTTP/1.1 request, but only once it has told
//! HTTP/1.1 from HTTP/2, for which it waits without bound; and it never ends an idle connection.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use super::Limits;

/// The length of the HTTP/2 connection preface (RFC 9113 section 3.4): whoever sent as much has
/// shown which HTTP it speaks.
const PREFACE_BYTES: usize = 24;

/// Accepts through `inner`, within the limits.
#[derive(Clone)]
pub(super) struct GuardAcceptor<A> {
    inner: A,
    permits: Arc<Semaphore>,
    header_timeout: Duration,
    idle_timeout: Duration,
}

impl<A> GuardAcceptor<A> {
    pub(super) fn new(inner: A, permits: Arc<Semaphore>, limits: &Limits) -> Self {
        let Limits {
            header_timeout,
            idle_timeout,
            ..
        } = *limits;
        Self {
            inner,
            permits,
            header_timeout,
            idle_timeout,
        }
    }
}

type Accepting<S, T> = Pin<Box<dyn Future<Output = io::Result<(Guarded<S>, T)>> + Send>>;

impl<A, I, S> Accept<I, S> for GuardAcceptor<A>
where
    A: Accept<I, S>,
    A::Future: Send + 'static,
{
    type Stream = Guarded<A::Stream>;
    type Service = A::Service;
    type Future = Accepting<A::Stream, A::Service>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        // Beyond the limit a connection is closed at once: a queue would only hide the overload.
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        let accepting = self.inner.accept(stream, service);
        let (header_timeout, idle_timeout) = (self.header_timeout, self.idle_timeout);
        Box::pin(async move {
            let permit = permit.map_err(|_| {
                metrics::counter!("http_connections_refused_total").increment(1);
                io::Error::other("too many connections")
            })?;
            let (stream, service) = accepting.await?;
            Ok((
                Guarded::new(stream, permit, header_timeout, idle_timeout),
                service,
            ))
        })
    }
}

/// A stream with deadlines: for its first bytes, then for every silence.
pub(super) struct Guarded<S> {
    inner: S,
    read: usize,
    established: bool,
    last_active: Instant,
    idle_timeout: Duration,
    alarm: Pin<Box<Sleep>>,
    _open: Open,
}

/// Holds a place among the connections and shows it in the metrics.
struct Open(#[allow(dead_code)] OwnedSemaphorePermit);

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("http_connections").decrement(1.0);
    }
}

impl<S> Guarded<S> {
    fn new(
        inner: S,
        permit: OwnedSemaphorePermit,
        header_timeout: Duration,
        idle_timeout: Duration,
    ) -> Self {
        metrics::gauge!("http_connections").increment(1.0);
        Self {
            inner,
            read: 0,
            established: false,
            last_active: Instant::now(),
            idle_timeout,
            alarm: Box::pin(tokio::time::sleep(header_timeout)),
            _open: Open(permit),
        }
    }

    /// Notes that bytes went through. The alarm is set anew only when it goes off.
    fn active(&mut self, established: bool) {
        self.last_active = Instant::now();
        self.established |= established;
    }

    /// Fails if the client was silent for too long.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        while self.alarm.as_mut().poll(cx).is_ready() {
            let deadline = self.last_active + self.idle_timeout;
            if !self.established || deadline <= Instant::now() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.alarm.as_mut().reset(deadline);
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.inner).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                self.read = self.read.saturating_add(buffer.filled().len() - before);
                let established = self.read >= PREFACE_BYTES;
                self.active(established);
                Poll::Ready(Ok(()))
            }
            Poll::Pending => match self.check(cx) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }
}

impl<S: AsyncWrite + Unpin> Guarded<S> {
    fn wrote(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                // An answer means that a request was read, however short it was.
                self.active(true);
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => match self.check(cx) {
                Ok(()) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error)),
            },
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.wrote(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, slices);
        self.wrote(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
