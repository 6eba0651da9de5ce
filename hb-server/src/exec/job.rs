//! A program and all that it starts, on Windows: a job object. It ends with whoever holds it, however that one ends. Not
//! here: Unix, which has process groups for this.
//!
//! A program is put into its job right after it was started. What it started in that moment stays outside: to start it halted
//! and go on then takes calls that are not safe.

use std::io;
use std::os::windows::io::{AsRawHandle as _, RawHandle};

use tokio::process::Child;
use win32job::{ExtendedLimitInfo, Job as Object};

/// The job of one program. Dropped, all that is in it ends.
#[derive(Debug)]
pub struct Job(Object);

impl Job {
    /// Puts a program that was just started into a job of its own.
    ///
    /// # Errors
    /// The system has no job for it, as when it has ended already.
    pub fn of(child: &Child) -> io::Result<Self> {
        Self::holding(child.raw_handle().ok_or(io::ErrorKind::NotFound)?)
    }

    /// The same of a program that is waited for by a thread.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn of_command(child: &std::process::Child) -> io::Result<Self> {
        Self::holding(child.as_raw_handle())
    }

    fn holding(handle: RawHandle) -> io::Result<Self> {
        let object = Object::create_with_limit_info(ExtendedLimitInfo::new().limit_kill_on_job_close())?;
        object.assign_process(handle as isize)?;
        Ok(Self(object))
    }

    /// What is left in it goes on.
    pub fn let_go(self) {
        // Who cannot be spared ends with the handle.
        drop(self.0.set_extended_limit_info(&ExtendedLimitInfo::new()));
    }
}
