//! Letting others in between the statements of something long.

/// Lets other tasks and waiting sockets be served before the next statement.
///
/// A database on the same machine often has answered by the time that we look: the scheduler runs it
/// the moment we write to it. Then nothing makes a task of many statements wait, and it runs in one
/// go, half a millisecond of a sign-in. Meanwhile nobody looks at the sockets: of tokio's workers one
/// does, and goes on with it only when it has no task to run (`enable_eager_driver_handoff` would
/// change that; it is unstable as of tokio 1.54).
pub async fn give_way() {
    tokio::task::yield_now().await;
}
