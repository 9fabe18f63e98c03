//! The socket and the thread behind it.

use super::routes::router;
use crate::studio::Studio;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::sync::watch;

/// Why the socket is not there.
#[derive(Debug, thiserror::Error)]
#[error("no status is served on {path}: {source}")]
pub struct ApiError {
    /// The socket.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// How long those who follow a job are given to hear of its end.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// A running server; dropped, it ends and takes its socket away.
#[derive(Debug)]
pub struct Server {
    path: PathBuf,
    end: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Answers on a socket for a studio that owns its home. Whatever lies at the path is of an owner
/// that died, for there is one owner at a time.
pub fn answer(studio: Arc<dyn Studio>, path: &Path) -> Result<Server, ApiError> {
    let fails = |source: io::Error| ApiError { path: path.to_owned(), source };
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(fails(e)),
        _ => {}
    }
    let listener = std::os::unix::net::UnixListener::bind(path).map_err(fails)?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(fails)?;
    listener.set_nonblocking(true).map_err(fails)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()
        .map_err(fails)?;
    let (end, ended) = watch::channel(false);
    let thread = std::thread::Builder::new()
        .name("status".to_owned())
        .spawn(move || {
            runtime.block_on(serve(listener, studio, ended));
            runtime.shutdown_background();
        })
        .map_err(fails)?;
    Ok(Server { path: path.to_owned(), end, thread: Some(thread) })
}

async fn serve(
    listener: std::os::unix::net::UnixListener,
    studio: Arc<dyn Studio>,
    ended: watch::Receiver<bool>,
) {
    let Ok(listener) = UnixListener::from_std(listener) else { return };
    let over = |mut ended: watch::Receiver<bool>| async move {
        // It fails only where the server is gone, which is an end too.
        let _ = ended.wait_for(|over| *over).await;
    };
    let serving = axum::serve(listener, router(studio)).with_graceful_shutdown(over(ended.clone()));
    tokio::select! {
        _ = serving => {}
        () = async { over(ended).await; tokio::time::sleep(LAST_WORDS).await; } => {}
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}
