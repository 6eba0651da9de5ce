//! A name with `*` for anything: the one matcher under every pattern that people write.

use alloc::boxed::Box;
use alloc::vec;

use super::{InvalidPattern, MAX_PATTERN, check};

/// A name, in which each `*` stands for any characters, also none.
///
/// ```
/// use hb_core::id::Glob;
///
/// let halls = Glob::new("hall *, left").unwrap();
/// assert!(halls.matches("hall 3, left") && !halls.matches("hall 3"));
/// assert!(Glob::new("").is_err() && Glob::new("hall\n3").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob(Box<str>);

impl Glob {
    /// Checks `text`: 1 to [`MAX_PATTERN`] bytes that read as they look.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, InvalidPattern> {
        if text.is_empty() { Err(InvalidPattern::Empty) } else { Self::or_nothing(text) }
    }

    /// As [`Self::new`], but nothing is a name too: that of the only slot.
    pub(super) fn or_nothing(text: &str) -> Result<Self, InvalidPattern> {
        if text.len() > MAX_PATTERN {
            return Err(InvalidPattern::TooLong(text.len()));
        }
        check(text, MAX_PATTERN)?;
        Ok(Self(text.into()))
    }

    /// A name that was checked elsewhere; a `*` in it still stands for anything.
    pub(super) fn of(name: &str) -> Self {
        Self(name.into())
    }

    /// Any name.
    pub(super) fn any() -> Self {
        Self("*".into())
    }

    /// The text it was made from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it means every name, known or not.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|b| b == b'*')
    }

    /// Whether `name` is meant. O(length of the pattern × length of the name).
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        // At most one way back is kept, so it is never slower than the product of both lengths.
        let (pattern, text) = (self.0.as_bytes(), name.as_bytes());
        let (mut p, mut t) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            if pattern.get(p) == Some(&b'*') {
                star = Some((p, t));
                p += 1;
            } else if pattern.get(p) == Some(&text[t]) {
                p += 1;
                t += 1;
            } else if let Some((at, taken)) = star {
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|&b| b == b'*')
    }

    /// Whether some name is meant by both. O(length of the one × length of the other).
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let (one, two) = (self.0.as_bytes(), other.0.as_bytes());
        // Whether what is left of `one` meets what is left of `two`, for each rest of `two`, from the shortest rest of `one`.
        let mut below = vec![false; two.len() + 1];
        for i in (0..=one.len()).rev() {
            let mut row = vec![false; two.len() + 1];
            for j in (0..=two.len()).rev() {
                row[j] = match (one.get(i), two.get(j)) {
                    (None, None) => true,
                    (Some(b'*'), Some(_)) => below[j] || row[j + 1],
                    (Some(b'*'), None) => below[j],
                    (Some(_) | None, Some(b'*')) => row[j + 1] || (i < one.len() && below[j]),
                    (Some(a), Some(b)) => a == b && below[j + 1],
                    (None, Some(_)) | (Some(_), None) => false,
                };
            }
            below = row;
        }
        below[0]
    }

    /// How much it says: more for a longer one, and for a name than for as long a pattern.
    pub(crate) fn weight(&self) -> usize {
        let stars = self.0.bytes().filter(|&b| b == b'*').count();
        2 * (self.0.len() - stars) + usize::from(stars == 0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The plainest way to say what a star means.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|n| naive(rest, &text[n..])),
            Some((b, rest)) => text.first() == Some(b) && naive(rest, &text[1..]),
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_what_is_wrong() {
        let long = "x".repeat(MAX_PATTERN + 1);
        for (text, said) in [
            ("", "has an empty part"),
            (&*long, "is 401 bytes long"),
            ("a\nb", "contains the control character"),
            ("a\u{202E}b", "contains the invisible character"),
        ] {
            let error = alloc::format!("{}", Glob::new(text).unwrap_err());
            assert!(error.starts_with(said), "{text:?}: {error}");
        }
    }

    #[test]
    fn any_is_any_and_says_least() {
        assert!(Glob::any().is_any() && Glob::of("**").is_any());
        assert!(!Glob::of("").is_any() && !Glob::of("*a").is_any());
        let weights = ["*", "k*", "k-*", "k-1", "k-10"].map(|text| Glob::of(text).weight());
        assert!(weights.is_sorted_by(|a, b| a < b), "{weights:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn stars_are_as_the_naive_way_has_them(pattern in "[ab*]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(Glob::of(&pattern).matches(&text), naive(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn who_is_meant_by_both_makes_them_meet(one in "[ab*]{0,5}", two in "[ab*]{0,5}") {
            let (one, two) = (Glob::of(&one), Glob::of(&two));
            // A name that both mean needs no more letters than both have.
            let letters = |glob: &Glob| glob.as_str().bytes().filter(|&b| b != b'*').count();
            let most = letters(&one) + letters(&two);
            let names = (0..=most).flat_map(|length| (0..1_u32 << length).map(move |bits| (length, bits)));
            let shared = names.into_iter().any(|(length, bits)| {
                let name: alloc::string::String =
                    (0..length).map(|at| if bits >> at & 1 == 1 { 'a' } else { 'b' }).collect();
                one.matches(&name) && two.matches(&name)
            });
            prop_assert_eq!(one.meets(&two), shared);
            prop_assert_eq!(two.meets(&one), shared);
        }
    }
}
