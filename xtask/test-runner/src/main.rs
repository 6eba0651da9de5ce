//! The runner of tests inside a browser, from our own lock file: what a global `wasm-bindgen-test-runner` would be.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
