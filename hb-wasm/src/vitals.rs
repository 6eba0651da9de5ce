//! How vitals are spelled in a query: the client's half of liveness.md 5, without formatting machinery.
//!
//! The names before them (app, boot, host, slot) never enter the module: the face writes them once. Not here:
//! reading a query, and writing one natively (hb-core's wire, against which the tests of this file hold it).

use alloc::string::String;

use hb_core::beat::{By, Diagnosis, Gl, Visibility, Vitals};

/// Appends `&v=1&seq=…` to `out`: every part that is known, no other.
pub(crate) fn spell(vitals: &Vitals, out: &mut String) {
    number(out, "&v=", vitals.version.map(u32::from));
    number(out, "&seq=", vitals.seq);
    text(out, "&by=", vitals.by.map(By::word));
    // 32 bits of frames are two years at 60 a second.
    number(out, "&frames=", vitals.frames.map(|frames| frames as u32));
    number(out, "&age=", vitals.age);
    number(out, "&gap=", vitals.gap);
    text(out, "&vis=", vitals.visibility.map(Visibility::word));
    text(out, "&gl=", vitals.gl.map(Gl::word));
    text(out, "&state=", vitals.diagnosis.map(word));
    number(out, "&stall=", vitals.stall);
    number(out, "&errs=", vitals.errors);
}

fn number(out: &mut String, name: &str, value: Option<u32>) {
    if let Some(mut value) = value {
        let mut digits = [0_u8; 10];
        let mut from = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
            from -= 1;
            if value == 0 {
                break;
            }
        }
        out.push_str(name);
        digits.iter().skip(from).for_each(|&digit| out.push(char::from(digit)));
    }
}

/// The word for a diagnosis, from one table (inlined, the module would carry it twice).
#[inline(never)]
pub(crate) fn word(diagnosis: Diagnosis) -> &'static str {
    diagnosis.word()
}

/// Words need no escaping: letters and `-`.
fn text(out: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        out.push_str(name);
        out.push_str(value);
    }
}

#[cfg(test)]
mod tests {
    use hb_core::beat::Verb;
    use hb_core::wire;

    use super::*;

    #[test]
    fn the_server_reads_what_the_page_spells_and_natively_it_is_spelled_alike() {
        let full = Vitals {
            version: Some(1),
            seq: Some(u32::MAX),
            by: Some(By::Frame),
            frames: Some(1_234_567),
            age: Some(0),
            gap: Some(10),
            visibility: Some(Visibility::Hidden),
            gl: Some(Gl::Lost),
            diagnosis: Some(Diagnosis::ContextLost),
            stall: Some(3_000),
            errors: Some(9),
            ..Vitals::default()
        };
        let diagnoses = Diagnosis::ALL.iter().map(|&d| Vitals { diagnosis: Some(d), ..Vitals::default() });
        for vitals in [Vitals::default(), full].into_iter().chain(diagnoses) {
            let mut query = String::from("5000&appid=x");
            spell(&vitals, &mut query);
            let request = wire::parse(Verb::Ping, &query).unwrap();
            assert_eq!(request.beat.vitals, vitals, "{query}");
            assert_eq!(request.beat.malformed, 0, "{query}");
            let mut natively = String::new();
            request.encode(&mut natively);
            assert_eq!(query, natively, "page and command line spell alike");
        }
    }
}
