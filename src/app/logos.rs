//! Clients' logos as they were fetched, by their address: whoever names another logo shows it at
//! once, and two clients with one logo cost one fetch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use moka::Expiry;
use moka::sync::Cache;
use tokio::sync::Semaphore;
use tracing::Instrument as _;
use url::Url;

/// A picture with its type, or that none could be had.
pub type Logo = Option<(&'static str, Bytes)>;
/// The logos by their address.
pub struct Logos {
    known: Cache<Url, Logo>,
    fetches: Arc<Semaphore>,
}

/// All pictures and addresses together, in bytes.
const MAX_BYTES: u64 = 16 << 20;
/// At the same time. A quarter of what the fetcher does at once: slow servers of pictures never stand in
/// the way of clients' keys.
const MAX_FETCHES: usize = 8;
/// What an entry costs beside them, about: nothing must be free, or there would be no bound.
const ENTRY_BYTES: usize = 256;
const PICTURE_KEPT: Duration = Duration::from_hours(1);
/// A failure is kept as well, or a page would make us fetch at will; but not for long, for a server
/// that was down comes back.
const FAILURE_KEPT: Duration = Duration::from_mins(1);

impl Logos {
    /// None known.
    pub(super) fn new() -> Self {
        Self {
            known: cache(),
            fetches: Arc::new(Semaphore::new(MAX_FETCHES)),
        }
    }

    /// The logo of an address, which `fetch` brings where it is not known. None for the moment where
    /// too many others are on their way.
    pub async fn get(&self, url: Url, fetch: impl Future<Output = Logo> + Send + 'static) -> Logo {
        if let Some(known) = self.known.get(&url) {
            return known;
        }
        let place = Arc::clone(&self.fetches).try_acquire_owned().ok()?;
        let known = self.known.clone();
        // A task of its own: whoever hangs up would have it begin anew as often as they like.
        let fetch = async move {
            let found = fetch.await;
            known.insert(url, found.clone());
            drop(place);
            found
        };
        tokio::spawn(fetch.in_current_span()).await.ok().flatten()
    }
}

fn cache() -> Cache<Url, Logo> {
    Cache::builder()
        .max_capacity(MAX_BYTES)
        .weigher(weight)
        .expire_after(Kept)
        .build()
}

#[allow(clippy::trivially_copy_pass_by_ref, clippy::ref_option)] // moka's signature
fn weight(url: &Url, logo: &Logo) -> u32 {
    let picture = logo.as_ref().map_or(0, |(_, body)| body.len());
    u32::try_from(ENTRY_BYTES + url.as_str().len() + picture).unwrap_or(u32::MAX)
}

struct Kept;

impl Kept {
    #[allow(clippy::ref_option)]
    fn time(logo: &Logo) -> Duration {
        match logo {
            Some(_) => PICTURE_KEPT,
            None => FAILURE_KEPT,
        }
    }
}

impl Expiry<Url, Logo> for Kept {
    fn expire_after_create(&self, _: &Url, logo: &Logo, _: Instant) -> Option<Duration> {
        Some(Self::time(logo))
    }

    fn expire_after_update(
        &self,
        _: &Url,
        logo: &Logo,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(Self::time(logo))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: usize) -> Url {
        Url::parse(&format!("https://app.example/{path}")).unwrap()
    }

    #[test]
    #[allow(clippy::disallowed_methods)] // moka's clock, which the rule does not ask
    fn a_failure_is_kept_for_a_minute_and_a_picture_for_an_hour() {
        let picture = Some(("image/png", Bytes::new()));
        let now = Instant::now();
        for (logo, kept) in [(None, 60), (picture, 3600)] {
            let kept = Some(Duration::from_secs(kept));
            assert_eq!(Kept.expire_after_create(&url(0), &logo, now), kept);
            assert_eq!(Kept.expire_after_update(&url(0), &logo, now, None), kept);
        }
    }

    #[test]
    fn the_pictures_together_are_bounded() {
        let cache = cache();
        for number in 0..100 {
            let picture = Bytes::from(vec![0; 1 << 20]);
            cache.insert(url(number), Some(("image/png", picture)));
        }
        cache.run_pending_tasks();
        assert!(cache.weighted_size() <= MAX_BYTES);
        assert!(cache.entry_count() > 0);
        // Failures weigh something, too.
        assert!(weight(&url(0), &None) > 256);
    }
}
