//! What we are compared with: an axum route that answers a constant.

use anyhow::Result;
use axum::Router;
use axum::routing::get;

/// Serves `6000` at `/hb_ping` on a free port, which it prints, until killed.
pub(crate) fn serve() -> Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("http://{}/", listener.local_addr()?);
        axum::serve(listener, Router::new().route("/hb_ping", get(|| async { "6000" }))).await?;
        Ok(())
    })
}
