//! How a beat is spelled in an address, until `hb_core::wire` spells it.

use hb_core::beat::{Beat, By, Diagnosis, Gl, Visibility};
use hb_core::id::Boot;

/// A beat and whom it is about.
pub(crate) struct Request<'a> {
    pub(crate) beat: Beat<'static>,
    pub(crate) app: &'a str,
    pub(crate) host: Option<&'a str>,
    pub(crate) slot: Option<&'a str>,
}

impl Request<'_> {
    pub(crate) fn encode(&self, out: &mut String) {
        let vitals = &self.beat.vitals;
        digits(out, u64::from(self.beat.promise.as_millis()));
        text(out, "&appid=", Some(self.app));
        text(out, "&host=", self.host);
        text(out, "&slot=", self.slot);
        number(out, "&v=", vitals.version.map(u64::from));
        text(out, "&boot=", vitals.boot.as_ref().map(Boot::as_str));
        number(out, "&seq=", vitals.seq.map(u64::from));
        text(out, "&by=", vitals.by.map(By::word));
        number(out, "&frames=", vitals.frames);
        number(out, "&age=", vitals.age.map(u64::from));
        number(out, "&gap=", vitals.gap.map(u64::from));
        text(out, "&vis=", vitals.visibility.map(Visibility::word));
        text(out, "&gl=", vitals.gl.map(Gl::word));
        text(out, "&state=", vitals.diagnosis.map(Diagnosis::word));
        number(out, "&stall=", vitals.stall.map(u64::from));
        number(out, "&errs=", vitals.errors.map(u64::from));
        text(out, "&lasterr=", self.beat.last_error.as_deref());
        number(out, "&mem=", vitals.memory.map(u64::from));
    }
}

fn number(out: &mut String, name: &str, value: Option<u64>) {
    if let Some(value) = value {
        out.push_str(name);
        digits(out, value);
    }
}

fn digits(out: &mut String, mut value: u64) {
    let mut buffer = [0_u8; 20];
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    buffer[at..].iter().for_each(|&digit| out.push(char::from(digit)));
}

fn text(out: &mut String, name: &str, value: Option<&str>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let Some(value) = value else { return };
    out.push_str(name);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
