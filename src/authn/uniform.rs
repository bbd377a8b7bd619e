//! Answers that say nothing about who has an account, in their time either.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Longer than the work that differs: a few statements.
pub const STEP: Duration = Duration::from_millis(150);

/// Holds an answer back until a whole number of steps have passed since the work that depends on the
/// account began: whether it was much or little cannot be told then.
pub async fn hold(began: Instant) {
    let passed = began.elapsed().as_nanos() / STEP.as_nanos();
    let steps = u32::try_from(passed).unwrap_or(u32::MAX - 1) + 1;
    sleep_until(began + STEP * steps).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn answers_come_at_whole_steps() {
        for (work, answer) in [(0, 150), (1, 150), (149, 150), (150, 300), (400, 450)] {
            let began = Instant::now();
            tokio::time::advance(Duration::from_millis(work)).await;
            hold(began).await;
            assert_eq!(began.elapsed().as_millis(), answer, "{work}");
        }
    }
}
