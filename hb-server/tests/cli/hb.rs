//! The binary, without whatever the environment of the tests says.

use std::process::{Command, Stdio};

/// A command to run.
pub(crate) struct Hb(Command);

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(code: i32, out: &str, err: &str) -> Self {
        Self { code: Some(code), out: out.into(), err: err.into() }
    }
}

/// `hb` with arguments and none of the variables it reads.
pub(crate) fn hb(args: &[&str]) -> Hb {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hb"));
    let ours = |name: &str| name.starts_with("HB_") || name == "APP_ID";
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(ours)) {
        command.env_remove(name);
    }
    // Nor what lies in the folders of whoever runs them.
    let folder = concat!(env!("CARGO_TARGET_TMPDIR"), "/account");
    command.env("XDG_CONFIG_HOME", folder).env("STATE_DIRECTORY", folder);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Hb(command)
}

impl Hb {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs to the end.
    pub(crate) fn end(mut self) -> Ended {
        let output = self.0.output().expect("the binary was built");
        let text = |bytes| String::from_utf8(bytes).expect("hb writes UTF-8");
        Ended { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The command itself, to be started and watched.
    #[cfg(unix)]
    pub(crate) fn command(self) -> Command {
        self.0
    }
}
