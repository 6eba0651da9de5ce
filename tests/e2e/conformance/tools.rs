//! The programs of the field, called as the field calls them.

use tokio::process::Command;

/// A body seen in the field, read and ignored by the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Post {
    /// A `GET`.
    No,
    Empty,
    Json,
    Form,
    Text,
}

impl Post {
    /// Body and content type.
    fn body(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::No => return None,
            Self::Empty => ("", "application/x-www-form-urlencoded"),
            Self::Json => (r#"{"appid":"Tetris"}"#, "application/json"),
            Self::Form => ("appid=Tetris", "application/x-www-form-urlencoded"),
            Self::Text => ("hello", "text/plain"),
        })
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Tool {
    Wget,
    Curl,
    Python,
}

/// `urlopen` as the old clients call it; status in the first line, then the body.
const PYTHON: &str = "
import sys, urllib.request, urllib.error
url, kind, body = sys.argv[1:]
data = None if kind == 'GET' else body.encode()
request = urllib.request.Request(url, data=data)
if data is not None: request.add_header('Content-Type', kind)
try: answer = urllib.request.urlopen(request)
except urllib.error.HTTPError as error: answer = error
sys.stdout.write(f'{answer.status}\\n'); sys.stdout.flush()
sys.stdout.buffer.write(answer.read())
";

impl Tool {
    /// How this tool sends; Python, the slowest to start, sends what it sent in the field.
    pub(crate) fn posts(self) -> &'static [Post] {
        match self {
            Self::Wget => &[Post::No, Post::Json],
            Self::Curl => &[Post::No, Post::Empty, Post::Json, Post::Form, Post::Text],
            Self::Python => &[Post::No, Post::Form],
        }
    }

    /// Status and body of the answer.
    pub(crate) async fn ask(self, url: &str, post: Post) -> (u16, String) {
        match self {
            Self::Wget => wget(url, post).await,
            Self::Curl => curl(url, post).await,
            Self::Python => python(url, post).await,
        }
    }
}

async fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.env_remove("http_proxy").output().await.expect("the tool is installed");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

async fn wget(url: &str, post: Post) -> (u16, String) {
    let mut command = Command::new("wget");
    command.args(["-t", "2", "-T", "2", "-nv", "-S", "-O-", "--content-on-error"]);
    command.arg("--header=Accept-Encoding: gzip, deflate");
    if let Some((body, kind)) = post.body() {
        command.args([format!("--post-data={body}"), format!("--header=Content-Type: {kind}")]);
    }
    let (_, body, told) = run(command.arg(url)).await;
    let status = told.lines().find_map(|line| line.trim().strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    (status.unwrap_or_else(|| panic!("wget {url}: {told}")), body)
}

async fn curl(url: &str, post: Post) -> (u16, String) {
    let mut command = Command::new("curl");
    command.args(["-s", "--connect-timeout", "2", "-m", "4", "-L", "-w", "\n%{http_code}"]);
    match post.body() {
        None => command.args(["-X", "GET"]),
        Some(("", _)) => command.args(["-X", "POST"]),
        Some((body, kind)) => {
            command.args(["-X", "POST", "-H", &format!("Content-Type: {kind}"), "-d", body])
        }
    };
    let (_, answer, _) = run(command.arg(url)).await;
    let (body, status) = answer.rsplit_once('\n').expect("curl writes the status last");
    (status.parse().unwrap(), body.to_owned())
}

async fn python(url: &str, post: Post) -> (u16, String) {
    let (body, kind) = post.body().unwrap_or(("", "GET"));
    let (code, answer, told) = run(Command::new("python3").args(["-c", PYTHON, url, kind, body])).await;
    assert_eq!(code, 0, "{url}: {told}");
    let (status, body) = answer.split_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

/// The head of an answer, as it came.
pub(crate) async fn head(method: &str, url: &str) -> String {
    let mut command = Command::new("curl");
    command.args(["-s", "-m", "4", "-D", "-", "-o", "/dev/null"]);
    match method {
        "HEAD" => command.arg("-I"),
        _ => command.args(["-X", method]),
    };
    run(command.arg(url)).await.1
}
