//! How long a cell may take, and what is said of one that did not come to its end. Not here: which cells are played, and how
//! ([`super::run`], [`super::play`]).

use std::time::Duration;

use tokio::time::timeout;

use super::case::Case;

/// For a browser's start, a fault, and all that is waited for, each with its patience.
const CELL: Duration = Duration::from_secs(4 * 60);
/// For one of those that take minutes.
const LONG: Duration = Duration::from_secs(15 * 60);

pub(crate) const fn of(case: &Case) -> Duration {
    if case.long { LONG } else { CELL }
}

/// Plays in a task of its own: a stage that fails takes nobody along, and one that hangs is given up.
pub(crate) async fn within<T: Send + 'static>(
    limit: Duration,
    play: impl Future<Output = T> + Send + 'static,
) -> Result<T, String> {
    let played = tokio::spawn(timeout(limit, play)).await;
    let said = match played {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(_)) => return Err(format!("not over after {} s", limit.as_secs())),
        Err(failed) => failed,
    };
    Err(match said.try_into_panic() {
        Ok(said) => said
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| said.downcast_ref::<&str>().map(|said| (*said).to_owned()))
            .unwrap_or_else(|| "it could not be played".into()),
        Err(failed) => failed.to_string(),
    })
}
