//! Name resolution that hands out checked addresses only. The connector asks here and connects
//! to what it gets, so the checked address is the connected one: a name that resolves anew to
//! something else (DNS rebinding) gains nothing.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// What [`Lookup::lookup`] returns.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync {
    /// All addresses of `host`.
    fn lookup(&self, host: &str) -> Found;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str) -> Found {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Behind the name stood an address that must not be connected to, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct AddressRefused;

impl fmt::Display for AddressRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to no public address")
    }
}

impl std::error::Error for AddressRefused {}

/// A resolver for the HTTP client, over any lookup.
pub(super) struct CheckedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    /// Whether addresses must be public: not for hosts on the allow-list.
    pub(super) public_only: bool,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.lookup(name.as_str());
        let public_only = self.public_only;
        Box::pin(async move {
            let addresses = found.await?;
            if addresses.is_empty() {
                return Err(AddressRefused.into());
            }
            // One private address among public ones is an attack or a mistake: refuse all.
            if public_only && !addresses.iter().copied().all(is_public) {
                return Err(AddressRefused.into());
            }
            // Port 0 stands for the URL's.
            let addresses = addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(addresses) as Addrs)
        })
    }
}
