//! The real `hb serve` as a process of its own, on a port the system chose; killed on drop.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::watch::Watch;

/// The binary under test.
pub(crate) const HB: &str = env!("CARGO_BIN_EXE_hb");

pub(crate) struct Server {
    child: Child,
    addr: String,
    policy: &'static str,
    home: TempDir,
    operator: OnceLock<String>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with_policy("auto")
    }

    pub(crate) fn with_policy(policy: &'static str) -> Self {
        Self::with("", policy)
    }

    /// With this text in its `hb.toml`.
    pub(crate) fn with_config(config: impl AsRef<str>) -> Self {
        Self::with(config.as_ref(), "auto")
    }

    fn with(config: &str, policy: &'static str) -> Self {
        Self::with_all("127.0.0.1:0", config, policy)
    }

    /// At another address than that of this machine alone.
    pub(crate) fn listening(address: &str) -> Self {
        Self::with_all(address, "", "auto")
    }

    fn with_all(listen: &str, config: &str, policy: &'static str) -> Self {
        let home = tempfile::tempdir().unwrap();
        // Also where it is empty, so that no file of this machine is found instead.
        std::fs::write(home.path().join("hb.toml"), config).unwrap();
        let (child, addr) = spawn(listen, policy, &home);
        Self { child, addr, policy, home, operator: OnceLock::new() }
    }

    /// Ends the process as a power cut would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// A new process on the port of the killed one.
    pub(crate) fn start_again(&mut self) {
        self.kill();
        (self.child, self.addr) = spawn(&self.addr, self.policy, &self.home);
    }

    /// A new process on another port, with the memory of the killed one.
    pub(crate) fn start_elsewhere(&mut self) {
        self.kill();
        (self.child, self.addr) = spawn("127.0.0.1:0", self.policy, &self.home);
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Host and port.
    pub(crate) fn addr(&self) -> &str {
        &self.addr
    }

    /// `path` begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// An address that logs a browser in as admin, once.
    pub(crate) fn login(&self) -> String {
        self.admin(&["login"])
    }

    /// The token of one who may work with screens.
    pub(crate) fn operator(&self) -> &str {
        self.operator.get_or_init(|| self.token("desk", "operator"))
    }

    /// A token of that role, made as on the server's machine.
    pub(crate) fn token(&self, name: &str, role: &str) -> String {
        self.admin(&["token", "new", name, "--role", role])
    }

    /// What `hb` says to whoever may work with screens.
    pub(crate) fn work(&self, args: &[&str]) -> String {
        self.hb(Command::new(HB).args(args).env("HB_TOKEN", self.operator()))
    }

    /// What `hb` says, working on this server's folder.
    fn admin(&self, args: &[&str]) -> String {
        let mut command = Command::new(HB);
        self.hb(command.args(args).arg("--state").arg(self.home.path()).env_remove("HB_TOKEN"))
    }

    fn hb(&self, command: &mut Command) -> String {
        command.env("HB_URL", self.url("")).env_remove("HB_HOST").env_remove("HB_PORT");
        let ended = command.output().expect("hb was built");
        assert!(ended.status.success(), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
        String::from_utf8(ended.stdout).expect("hb writes UTF-8").trim().to_owned()
    }

    pub(crate) async fn watch(&self) -> Watch {
        Watch::open(&self.addr).await
    }

    /// The body of a `GET`; HTTP/1.0, so that the body ends with the connection.
    pub(crate) async fn body(&self, path: &str) -> Vec<u8> {
        let mut peer = TcpStream::connect(&self.addr).await.unwrap();
        let request = format!("GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.addr);
        peer.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        peer.read_to_end(&mut answer).await.unwrap();
        let head = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("an HTTP answer");
        let status = String::from_utf8_lossy(&answer[..head]).lines().next().unwrap_or_default().to_owned();
        assert!(status.contains(" 200 "), "GET {path}: {status}");
        answer.split_off(head + 4)
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        String::from_utf8(self.body(path).await).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(listen: &str, policy: &str, home: &TempDir) -> (Child, String) {
    let config = home.path().join("hb.toml");
    let mut command = Command::new(HB);
    for name in ["HB_HOST", "HB_PORT", "HB_URL"] {
        command.env_remove(name);
    }
    let mut child = command
        .args(["serve", "--listen", listen, "--policy", policy, "--config"])
        .arg(&config)
        .arg("--state")
        .arg(home.path())
        .current_dir(home.path())
        .env("RUST_LOG", "warn")
        .stdout(Stdio::piped())
        .spawn()
        .expect("hb starts");
    let mut lines =
        BufReader::new(child.stdout.take().expect("stdout is piped")).lines().map_while(Result::ok);
    let addr = lines
        .find_map(|line| line.split_once("http://")?.1.split('/').next().map(str::to_owned))
        .expect("hb says where it listens");
    // Read to its end: a closed pipe would fail whatever else it says.
    std::thread::spawn(move || lines.for_each(drop));
    (child, addr)
}
