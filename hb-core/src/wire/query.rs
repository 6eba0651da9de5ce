//! Splitting and decoding of query strings. Allocates only for what is percent-encoded.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// The parameters of a query in order: decoded name, raw value (empty where there is no `=`).
pub(super) struct Pairs<'q> {
    rest: Option<&'q str>,
}

impl<'q> Pairs<'q> {
    pub(super) fn new(query: &'q str) -> Self {
        Self { rest: Some(query) }
    }
}

impl<'q> Iterator for Pairs<'q> {
    type Item = (Cow<'q, str>, &'q str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest?;
        // One walk over the bytes: on tokens this short, `split` and `split_once` were half as fast again.
        let (mut end, mut equals) = (rest.len(), None);
        for (i, byte) in rest.bytes().enumerate() {
            match byte {
                b'&' => {
                    end = i;
                    break;
                }
                b'=' if equals.is_none() => equals = Some(i),
                _ => {}
            }
        }
        self.rest = rest.get(end + 1..);
        let (name, value) = match equals {
            Some(equals) => (&rest[..equals], &rest[equals + 1..end]),
            None => (&rest[..end], ""),
        };
        // A name that is no text is one we do not know: empty, hence ignored.
        Some((decode(name).unwrap_or_default(), value))
    }
}

/// The text behind a raw name or value: `%xx` and `+` resolved; `None` if the bytes are not UTF-8.
pub(super) fn decode(raw: &str) -> Option<Cow<'_, str>> {
    if !raw.bytes().any(|b| matches!(b, b'%' | b'+')) {
        return Some(Cow::Borrowed(raw));
    }
    let spaced = raw.replace('+', " ");
    let bytes: Vec<u8> = percent_encoding::percent_decode_str(&spaced).collect();
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// A number of plain decimal digits, nothing else; saturates. `None` for anything but digits.
pub(super) fn number(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0_u64, |sum, b| {
        let digit = b.checked_sub(b'0').filter(|d| *d < 10)?;
        Some(sum.saturating_mul(10).saturating_add(u64::from(digit)))
    })
}
