//! Environment variables, read by name and turned into values with errors that name the variable.
//!
//! The source is an argument, so that what a variable means is tested without touching the process.

use hb_core::beat::Promise;

/// Looks a variable up.
#[derive(Clone, Copy)]
pub(crate) struct Environment<'a>(&'a dyn Fn(&str) -> Option<String>);

/// A variable whose value means nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is `{value}`: expected {expected}")]
pub(crate) struct BadVariable {
    name: &'static str,
    value: String,
    expected: &'static str,
}

/// The process's own; a value that is not UTF-8 counts as it reads, with the odd bytes replaced.
pub(crate) fn of_process(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

impl<'a> Environment<'a> {
    pub(crate) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self(lookup)
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn text(self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// A yes or no; `None` when unset.
    pub(crate) fn flag(self, name: &'static str) -> Result<Option<bool>, BadVariable> {
        self.parse(name, "true or false", |value| match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => None,
        })
    }

    /// A promise in ms; `None` when unset.
    pub(crate) fn promise(self, name: &'static str) -> Result<Option<Promise>, BadVariable> {
        self.parse(name, "milliseconds from 0 to 604800000", promise)
    }

    fn parse<T>(
        self,
        name: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, BadVariable> {
        let Some(value) = self.text(name) else { return Ok(None) };
        match parse(value.trim()) {
            Some(parsed) => Ok(Some(parsed)),
            None => Err(BadVariable { name, value, expected }),
        }
    }
}

/// A promise of plain decimal digits.
pub(crate) fn promise(text: &str) -> Option<Promise> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits { Promise::from_millis(text.parse().ok()?) } else { None }
}

/// Builds lookups for tests.
#[cfg(test)]
pub(crate) fn of_pairs<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_or_refused_by_name() {
        let pairs = [
            ("YES", "True"),
            ("NO", "0"),
            ("EMPTY", ""),
            ("MS", " 9000 "),
            ("SIGN", "+1"),
            ("FAR", "604800001"),
        ];
        let lookup = of_pairs(&pairs);
        let environment = Environment::new(&lookup);
        assert_eq!(environment.flag("YES"), Ok(Some(true)));
        assert_eq!(environment.flag("NO"), Ok(Some(false)));
        assert_eq!(environment.flag("EMPTY"), Ok(None));
        assert_eq!(environment.flag("UNSET"), Ok(None));
        assert_eq!(environment.promise("MS"), Ok(Promise::from_millis(9000)));
        for (name, line) in [
            ("SIGN", "SIGN is `+1`: expected milliseconds from 0 to 604800000"),
            ("FAR", "FAR is `604800001`: expected milliseconds from 0 to 604800000"),
            ("YES", "YES is `True`: expected milliseconds from 0 to 604800000"),
        ] {
            assert_eq!(environment.promise(name).unwrap_err().to_string(), line);
        }
        assert_eq!(environment.flag("MS").unwrap_err().to_string(), "MS is ` 9000 `: expected true or false");
    }
}
