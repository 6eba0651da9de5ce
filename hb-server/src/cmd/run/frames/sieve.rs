//! Finds the lines that count frames in a stream of bytes, and passes the rest on as it is. Pure.
//!
//! Not here: who reads and writes.

/// Longest line that can be one of ours: `frame ` and 20 digits, with room for blanks.
const LONGEST: usize = 40;
const WORD: &[u8] = b"frame";

/// What was read and may yet become one of our lines.
#[derive(Debug)]
pub(super) struct Sieve {
    held: Vec<u8>,
    /// The line under way is none of ours: up to its end it is passed on.
    passes: bool,
    /// A bare number is not ours either.
    strict: bool,
}

impl Sieve {
    /// For what an app writes: a number alone may be meant for somebody else.
    pub(super) fn of_output() -> Self {
        Self { held: Vec::new(), passes: false, strict: true }
    }

    /// For what is written to us.
    pub(super) fn of_input() -> Self {
        Self { strict: false, ..Self::of_output() }
    }

    /// Takes `bytes` in; what is none of ours is appended to `rest`. The last count among them.
    pub(super) fn push(&mut self, bytes: &[u8], rest: &mut Vec<u8>) -> Option<u64> {
        let mut last = None;
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let ends = piece.last() == Some(&b'\n');
            if self.passes {
                rest.extend_from_slice(piece);
                self.passes = !ends;
                continue;
            }
            self.held.extend_from_slice(piece);
            match self.line().filter(|_| ends) {
                Some(count) => {
                    last = Some(count);
                    self.held.clear();
                }
                None if ends || !self.may_be_ours() => {
                    rest.append(&mut self.held);
                    self.passes = !ends;
                }
                None => {}
            }
        }
        last
    }

    /// There is no more: what was held back is passed on.
    pub(super) fn finish(&mut self, rest: &mut Vec<u8>) {
        rest.append(&mut self.held);
    }

    fn line(&self) -> Option<u64> {
        let is_named = self.held.trim_ascii_start().starts_with(WORD);
        if self.strict && !is_named { None } else { count(&self.held) }
    }

    fn may_be_ours(&self) -> bool {
        let begun = self.held.trim_ascii_start();
        let known = begun.len().min(WORD.len());
        let is_named = begun[..known] == WORD[..known];
        self.held.len() <= LONGEST && (is_named || (!self.strict && begun[0].is_ascii_digit()))
    }
}

/// The number in `frame 1234` or `1234`.
pub(super) fn count(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    let digits = match text.strip_prefix(WORD) {
        Some(rest) if rest.first().is_some_and(u8::is_ascii_whitespace) => rest.trim_ascii(),
        Some(_) => return None,
        None => text,
    };
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    if is_number { str::from_utf8(digits).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sifted(mut sieve: Sieve, pieces: &[&[u8]]) -> (Vec<u64>, Vec<u8>) {
        let mut rest = Vec::new();
        let counts = pieces.iter().filter_map(|piece| sieve.push(piece, &mut rest)).collect();
        sieve.finish(&mut rest);
        (counts, rest)
    }

    #[test]
    fn only_our_lines_are_taken_out_of_what_an_app_writes() {
        let text = b"loading\nframe 1\n  frame  60 \r\nframes 7\nframe x\n12\n\nframe 99 of 100\nframe 61";
        let (counts, rest) = sifted(Sieve::of_output(), &[text]);
        assert_eq!(counts, [60], "the last of what was read at once");
        assert_eq!(
            String::from_utf8(rest).unwrap(),
            "loading\nframes 7\nframe x\n12\n\nframe 99 of 100\nframe 61"
        );
        let (counts, _) = sifted(Sieve::of_input(), &[b"1\n", b"2", b"3\nframe 24\n", b"no\n"]);
        assert_eq!(counts, [1, 24]);
        assert_eq!(count(b"18446744073709551616"), None, "more than anybody draws");
    }

    #[test]
    fn a_line_without_an_end_is_not_kept() {
        let mut sieve = Sieve::of_output();
        let mut rest = Vec::new();
        sieve.push(b"frame ", &mut rest);
        assert_eq!(rest, b"", "it may become one of ours");
        for _ in 0..1000 {
            sieve.push(b"0000000000", &mut rest);
            assert!(sieve.held.len() <= LONGEST + 10);
        }
        assert_eq!(rest.len(), 6 + 10_000);
    }

    proptest! {
        #[test]
        fn however_it_is_cut_nothing_is_lost(
            lines in prop::collection::vec(
                prop_oneof!["frame [0-9]{1,4}\n", "[a-z ]{0,50}\n", "fra?m?e?", "\n", "\\PC{0,5}"], 0..20
            ),
            cut in 1..9_usize,
        ) {
            let text = lines.concat();
            let pieces: Vec<_> = text.as_bytes().chunks(cut).collect();
            let (counts, rest) = sifted(Sieve::of_output(), &pieces);
            let is_ours = |line: &&str| line.ends_with('\n') && line.trim_ascii_start().starts_with("frame")
                && count(line.as_bytes()).is_some();
            let (ours, others): (Vec<_>, Vec<_>) = text.split_inclusive('\n').partition(is_ours);
            prop_assert_eq!(String::from_utf8_lossy(&rest), others.concat());
            prop_assert_eq!(counts.last().copied(), ours.last().and_then(|line| count(line.as_bytes())));
        }
    }
}
