//! `hb run --from-app`: the snippets of docs/native.md as they stand there, built into small apps that draw or do not, and
//! what a real server believes of them.
//!
//! Unity and TouchDesigner cannot be had here: stubs of the few names that their snippets use stand in their place.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use crate::hb::hb;
use crate::kill::Serve;
use crate::stub::DEADLINE;

/// A C program that draws every 20 ms while the file that it is given is there.
const C: &str = r#"
#include <unistd.h>
int main(int count, char **values)
{
    for (;;) {
        if (count > 1 && access(values[1], F_OK) == 0)
            hb_frame();
        usleep(20000);
    }
}
"#;

const PYTHON: &str = r#"
import sys, time
heartbeat = Heartbeat()
while True:
    if os.path.exists(sys.argv[1]):
        heartbeat.frame()
    time.sleep(0.02)
"#;

/// What of TouchDesigner is used: a count of all frames, and that it calls after each.
const TOUCH: &str = r#"
import sys, time
class absTime:
    frame = 0.0
while True:
    if os.path.exists(sys.argv[1]):
        absTime.frame += 1
        onFrameEnd(int(absTime.frame) % 600)
    time.sleep(0.02)
"#;

/// What of Unity is used: coroutines that go on at the end of each frame, and a count of them.
const UNITY: &str = r#"
namespace UnityEngine {
    public class MonoBehaviour {}
    public class WaitForEndOfFrame {}
    public static class Time { public static int frameCount; }
}
static class Player {
    static void Main(string[] values) {
        var start = typeof(Heartbeat).GetMethod("Start",
            System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance);
        var each = (System.Collections.IEnumerator) start.Invoke(new Heartbeat(), null);
        for (;;) {
            if (System.IO.File.Exists(values[0])) {
                UnityEngine.Time.frameCount++;
                each.MoveNext();
            }
            System.Threading.Thread.Sleep(20);
        }
    }
}
"#;

/// The block of this language in docs/native.md that holds `word`.
fn snippet(language: &str, word: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/native.md");
    let page = std::fs::read_to_string(page).unwrap();
    let start = format!("```{language}\n");
    let mut blocks = page.split(&start).skip(1).map(|rest| rest.split("```\n").next().unwrap());
    blocks.find(|block| block.contains(word)).expect("the page has it").to_owned()
}

fn build(folder: &Path, file: &str, source: &str, compiler: &str, flags: &[&str]) {
    std::fs::write(folder.join(file), source).unwrap();
    let built = Command::new(compiler).current_dir(folder).args(flags).arg(file).output().unwrap();
    assert!(built.status.success(), "{compiler}: {}", String::from_utf8_lossy(&built.stderr));
}

struct World {
    folder: tempfile::TempDir,
    serve: Serve,
    run: Option<Child>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let serve = Serve::start(folder.path());
        Self { folder, serve, run: None }
    }

    /// The app draws from now on, or no longer.
    fn draw(&self, on: bool) {
        let file = self.folder.path().join("draws");
        if on { std::fs::write(file, "").unwrap() } else { std::fs::remove_file(file).unwrap() }
    }

    fn run(&mut self, source: &str, app: &[&str]) {
        self.draw(true);
        let flags = ["run", "--app", "x", "--from-app", source, "--stall-after", "800ms", "--"];
        let app = [app, &["draws"]].concat();
        let mut command = hb(&[&flags[..], &app].concat()).env("HB_URL", &self.serve.url()).command();
        command.env("HB_PING_INTERVAL", "1500").current_dir(self.folder.path());
        self.run = Some(command.stdin(Stdio::piped()).spawn().unwrap());
    }

    fn view(&self) -> Value {
        serde_json::from_str(&self.serve.get("/api/v1/apps/127.0.0.1/x").unwrap()).unwrap_or_default()
    }

    /// Waits until the server believes this.
    fn until(&self, state: &str, cause: &str) -> Value {
        let end = Instant::now() + DEADLINE;
        loop {
            let view = self.view();
            if view["state"] == state && view["cause"] == cause {
                return view;
            }
            assert!(Instant::now() < end, "never {state} {cause}: {view}");
        }
    }

    fn lives_stalls_and_returns(&self) {
        let view = self.until("up", "none");
        assert_eq!(view["vitals"]["by"], "native", "{view}");
        self.draw(false);
        self.until("stalled", "no-frames");
        self.draw(true);
        self.until("up", "none");
    }

    /// Ends it; what it wrote.
    fn end(&mut self) -> String {
        let mut run = self.run.take().unwrap();
        assert!(Command::new("kill").arg(run.id().to_string()).status().unwrap().success());
        let mut out = String::new();
        run.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        run.wait().unwrap();
        out
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(run) = &mut self.run {
            let _ = Command::new("kill").arg(run.id().to_string()).status();
            let _ = run.wait();
        }
    }
}

#[test]
fn a_program_in_c_is_judged_by_its_lines_and_they_are_taken_out_of_its_output() {
    let mut world = World::new();
    let source = format!("{}{C}", snippet("c", "hb_frame"));
    build(world.folder.path(), "app.c", &source, "cc", &["-Wall", "-Werror", "-o", "app"]);
    world.run("stdout", &["sh", "-c", "echo begins; exec ./app \"$0\""]);
    world.lives_stalls_and_returns();
    assert_eq!(world.end(), "begins\n");
    let view = world.until("done", "none");
    assert_eq!(view["vitals"]["by"], "native", "{view}");
}

#[test]
fn a_program_in_python_is_judged_by_its_datagrams() {
    let mut world = World::new();
    std::fs::write(world.folder.path().join("app.py"), snippet("python", "class Heartbeat") + PYTHON)
        .unwrap();
    world.run("udp", &["python3", "app.py"]);
    world.lives_stalls_and_returns();
}

#[test]
fn touchdesigners_callback_is_judged_by_its_datagrams() {
    let mut world = World::new();
    std::fs::write(world.folder.path().join("app.py"), snippet("python", "onFrameEnd") + TOUCH).unwrap();
    world.run("udp", &["python3", "app.py"]);
    world.lives_stalls_and_returns();
}

#[test]
fn unitys_component_is_judged_by_its_datagrams() {
    let mut world = World::new();
    let source = snippet("csharp", "MonoBehaviour") + UNITY;
    build(world.folder.path(), "app.cs", &source, "mcs", &["-out:app.exe"]);
    world.run("udp", &["mono", "app.exe"]);
    world.lives_stalls_and_returns();
}

#[test]
fn a_file_and_lines_on_the_input_count_too() {
    let mut world = World::new();
    let writes = "n=0; while :; do test -e \"$0\" && echo $((n += 1)) >count; sleep 0.05; done";
    world.run("file:count", &["sh", "-c", writes]);
    world.lives_stalls_and_returns();
    world.end();
    let mut world = World::new();
    world.run("stdin", &["sh", "-c", "cat; exec sleep 1000"]);
    let mut input = world.run.as_mut().unwrap().stdin.take().unwrap();
    // What came before the app began would be none of its frames.
    world.until("starting", "none");
    std::io::Write::write_all(&mut input, b"1\nframe 2\n").unwrap();
    world.until("up", "none");
    world.until("stalled", "no-frames");
}
