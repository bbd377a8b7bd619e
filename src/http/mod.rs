//! What every endpoint shares on the wire.

pub mod context;
pub mod cookies;
pub mod csrf;
pub mod document;
pub mod form;
pub mod listen;
pub mod metrics;
pub mod problem;
pub mod telemetry;
pub mod unique;
