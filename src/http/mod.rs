//! What every endpoint shares on the wire.

pub mod listen;
pub mod metrics;
pub mod telemetry;
