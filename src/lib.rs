//! auth-api: an OAuth 2 and OpenID Connect identity server in one binary over one Postgres.
//!
//! Modules import downwards only: `cli` → `routes`, `jobs` → `oauth`, `account` → `app` → `authn`,
//! `clients` → `users` → `keys`, `audit` → `pages`, `i18n` → `http`, `config`, `foundation`. A test
//! checks the direction.

pub mod account;
pub mod app;
pub mod audit;
pub mod authn;
pub mod cli;
pub mod clients;
pub mod config;
pub mod foundation;
pub mod http;
pub mod i18n;
pub mod jobs;
pub mod keys;
pub mod mail;
pub mod oauth;
pub mod ops;
pub mod pages;
pub mod routes;
pub mod users;
