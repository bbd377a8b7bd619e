//! auth-api: an OAuth 2 and OpenID Connect identity server in one binary over one Postgres.
//!
//! Modules import downwards only: `cli` → `routes` → `oauth` → `authn`, `clients` → `users` →
//! `keys`, `audit`, `pages` → `http`, `config`, `foundation`. A test checks the direction.

pub mod clients;
pub mod config;
pub mod foundation;
pub mod http;
pub mod i18n;
pub mod keys;
pub mod pages;
