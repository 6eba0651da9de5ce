//! Takes the picture: of an X server, or by a program that knows how this desktop wants to be asked. Not here: what the
//! picture shows.

use std::io::{Cursor, Read};
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
#[cfg(windows)]
use hb_server::exec::job::Job;
use image::error::{LimitError, LimitErrorKind};
use image::{DynamicImage, ImageError, ImageReader, Limits, RgbImage};

/// For a program to write its picture.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest picture that is read, bytes: 8K without compression.
const LONGEST: u64 = 128 * 1024 * 1024;
/// Widest and highest picture, dots: two screens of 8K.
const WIDEST: u32 = 16 * 1024;
/// What a picture may take in memory, bytes: 8K with two bytes for each of four colours.
const MOST_MEMORY: u64 = 512 * 1024 * 1024;
/// What is asked on Wayland, where each kind of compositor has a way of its own; this is that of wlroots.
const GRIM: &str = "grim -t ppm -";

/// Reads what the last program wrote, or waits still for what escaped from it and holds its output open.
pub(super) type Reader = Option<JoinHandle<()>>;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Camera {
    #[cfg(unix)]
    X11,
    #[cfg(windows)]
    Desktop,
    /// A program and its arguments.
    Program(Vec<String>),
}

impl Camera {
    /// The one that was typed, else that of this desktop.
    pub(super) fn choose(typed: Option<&str>, is_set: &dyn Fn(&str) -> bool) -> Result<Self> {
        let program = |line: &str| Self::Program(line.split_whitespace().map(Into::into).collect());
        match typed {
            Some(line) => {
                ensure!(!line.trim().is_empty(), "--capture-with is empty: expected a program");
                Ok(program(line))
            }
            // There may be an X server too, which sees nothing but its own windows.
            None if is_set("WAYLAND_DISPLAY") => Ok(program(GRIM)),
            #[cfg(unix)]
            None => Ok(Self::X11),
            #[cfg(windows)]
            None => Ok(Self::Desktop),
            #[cfg(not(any(unix, windows)))]
            None => bail!("--capture needs --capture-with on this system: a program that writes a picture"),
        }
    }

    pub(super) fn take(&self, reader: &mut Reader) -> Result<RgbImage> {
        match self {
            #[cfg(unix)]
            Self::X11 => super::x11::picture(),
            #[cfg(windows)]
            Self::Desktop => super::desktop::picture(),
            Self::Program(line) => written(line, PATIENCE, reader),
        }
    }
}

fn written(line: &[String], patience: Duration, reader: &mut Reader) -> Result<RgbImage> {
    let (name, arguments) = line.split_first().context("no program")?;
    // One at a time, however many pictures are asked for.
    ensure!(
        reader.as_ref().is_none_or(JoinHandle::is_finished),
        "what an earlier {name} started holds its output still"
    );
    let mut command = Command::new(name);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    #[cfg(unix)]
    command.process_group(0);
    let mut program = command
        .env_remove(super::super::agent::TOKEN)
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    #[cfg(windows)]
    let job = Job::of_command(&program);
    let out = program.stdout.take().context("it was piped")?;
    let (sender, read) = channel();
    let reads = thread::Builder::new().name("picture".into()).spawn(move || {
        let mut bytes = Vec::new();
        let outcome = out.take(LONGEST).read_to_end(&mut bytes).map(|_| bytes);
        // Whoever waited may have stopped.
        let _ = sender.send(outcome);
    })?;
    let bytes = read.recv_timeout(patience);
    end(program);
    // All that it started ends with it; an error means that it had ended before.
    #[cfg(windows)]
    drop(job);
    *reader = Some(reads);
    let Ok(bytes) = bytes else { bail!("{name} took longer than {} s", patience.as_secs()) };
    // It has said all.
    if let Some(reads) = reader.take() {
        let _ = reads.join();
    }
    let bytes = bytes.with_context(|| format!("cannot read from {name}"))?;
    ensure!(!bytes.is_empty(), "{name} wrote nothing");
    let picture = decoded(&bytes).with_context(|| format!("{name} wrote no picture"))?;
    // An empty one would be taken for a black screen.
    ensure!(picture.width() > 0 && picture.height() > 0, "{name} wrote an empty picture");
    Ok(picture.into_rgb8())
}

/// Reads a picture that is no larger than a screen, whatever its head says.
fn decoded(bytes: &[u8]) -> image::ImageResult<DynamicImage> {
    // Before anything is read for it: not each format asks for leave.
    let (wide, high) = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?.into_dimensions()?;
    if wide > WIDEST || high > WIDEST || u64::from(wide) * u64::from(high) * 8 > MOST_MEMORY {
        return Err(ImageError::Limits(LimitError::from_kind(LimitErrorKind::DimensionError)));
    }
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    reader.decode()
}

/// Ends a program and all that it started: as nobody has waited for it, its number is still its own.
fn end(mut program: Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(program.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // An error means that none of them is left.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    // One that has written all ends by itself; an error means that it has.
    let _ = program.kill();
    let _ = program.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Camera {
        Camera::choose(Some(line), &|_| false).unwrap()
    }

    #[test]
    fn what_was_typed_goes_before_the_desktop() {
        let program = |line: &[&str]| Camera::Program(line.iter().map(|&word| word.into()).collect());
        assert_eq!(typed(" shot  -x "), program(&["shot", "-x"]));
        assert!(Camera::choose(Some(" "), &|_| true).is_err());
        let wayland = Camera::choose(None, &|name| name == "WAYLAND_DISPLAY").unwrap();
        assert_eq!(wayland, program(&["grim", "-t", "ppm", "-"]));
        #[cfg(unix)]
        assert_eq!(Camera::choose(None, &|name| name == "DISPLAY").unwrap(), Camera::X11);
    }

    #[cfg(unix)]
    #[test]
    fn a_programs_picture_is_read_and_what_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        std::fs::write(at("a.ppm"), b"P6 2 1 255\n\xff\0\0\0\xff\0").unwrap();
        let picture = typed(&format!("cat {}", at("a.ppm"))).take(&mut None).unwrap();
        assert_eq!((picture.dimensions(), picture.as_raw()), ((2, 1), &vec![255, 0, 0, 0, 255, 0]));
        picture.save(at("b.png")).unwrap();
        assert_eq!(typed(&format!("cat {}", at("b.png"))).take(&mut None).unwrap(), picture);
        for (line, said) in [
            ("true", "true wrote nothing"),
            ("echo no", "echo wrote no picture"),
            ("/no/such", "cannot start"),
        ] {
            let told = format!("{:#}", typed(line).take(&mut None).unwrap_err());
            assert!(told.contains(said), "{told}");
        }
    }

    #[test]
    fn a_head_that_promises_more_than_a_screen_is_no_picture() {
        let said = |bytes: &[u8]| format!("{:?}", decoded(bytes).map(|picture| picture.width()));
        assert_eq!(said(b"P4 8 1 \xAA"), "Ok(8)");
        for head in
            ["P1 4000000000 4000000000\n", "P4 100000 8\n", "P5 16384 16384 255\n", "P6 1 70000 255\n"]
        {
            let said = said(head.as_bytes());
            assert!(said.contains("Limits"), "{head}: {said}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_a_program_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let (script, held) = (folder.path().join("shot"), folder.path().join("held"));
        assert!(Command::new("mkfifo").arg(&held).status().unwrap().success());
        // It ends as soon as its child runs, which holds the pipe open and not the picture.
        let text = format!("exec 3>{}\nsleep 1000 >/dev/null &\n", held.display());
        std::fs::write(&script, text).unwrap();
        let (ended, end) = channel();
        thread::spawn(move || ended.send(std::fs::read(held)));
        let line = ["sh".to_owned(), script.display().to_string()];
        let error = written(&line, PATIENCE, &mut None).unwrap_err();
        assert!(error.to_string().contains("sh wrote nothing"), "{error:#}");
        let end = end.recv_timeout(PATIENCE).expect("its child ends too");
        assert_eq!(end.unwrap(), b"");
    }

    #[cfg(unix)]
    #[test]
    fn who_takes_too_long_is_ended_and_who_escapes_is_waited_for_by_one_reader() {
        let line = ["sleep", "1000"].map(str::to_owned);
        let mut reader = None;
        let error = written(&line, Duration::from_millis(1), &mut reader).unwrap_err();
        assert!(error.to_string().contains("took longer than"), "{error:#}");
        // Its output is closed: the reader ends.
        reader.take().unwrap().join().unwrap();

        let (escaped, wait) = channel::<()>();
        let mut reader = Some(thread::spawn(move || {
            let _ = wait.recv();
        }));
        let said = |reader: &mut Reader| typed("echo no").take(reader).unwrap_err().to_string();
        assert_eq!(said(&mut reader), "what an earlier echo started holds its output still");
        drop(escaped);
        reader.take().unwrap().join().unwrap();
        assert_eq!(said(&mut reader), "echo wrote no picture");
    }
}
