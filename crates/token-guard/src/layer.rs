//! The tower layer that demands a good token, or allows none but no bad one.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::http::Request;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};

use crate::guard::TokenGuard;
use crate::rejection::Reason;

/// Whether a request without a token may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Required,
    Optional,
}

/// Validates the token of every request and hands it to the extractors. Made by
/// [`TokenGuard::layer`] and [`TokenGuard::optional_layer`].
#[derive(Clone, Debug)]
pub struct GuardLayer {
    guard: TokenGuard,
    presence: Presence,
}

impl GuardLayer {
    pub(crate) fn new(guard: TokenGuard, presence: Presence) -> Self {
        Self { guard, presence }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of a [`GuardLayer`].
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    inner: S,
    layer: GuardLayer,
}

impl<S, B> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The clone has not been polled ready; the original has.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let GuardLayer { guard, presence } = self.layer.clone();
        Box::pin(async move {
            let (headers, uri) = (request.headers().clone(), request.uri().clone());
            match guard.authenticate(&headers, &uri).await {
                Ok(None) if presence == Presence::Required => {
                    return Ok(guard.reject(Reason::MissingToken).into_response());
                }
                Ok(token) => guard.mark(request.extensions_mut(), token),
                Err(rejection) => return Ok(rejection.into_response()),
            }
            inner.call(request).await.map(IntoResponse::into_response)
        })
    }
}
