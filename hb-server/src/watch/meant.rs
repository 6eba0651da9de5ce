//! What was probably meant by a name that nothing has: of groups, and of all that is written in words.
//!
//! Not here: which app was meant (`screen`), who asks: the configuration, and the API (`http`).

/// That there is no such group, and which was meant.
pub(crate) fn no_group<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let hint = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match known.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "expected a [[group]] of this name".into(),
            all => format!("expected one of {all}"),
        },
    };
    format!("there is no group `{name}`: {hint}")
}

/// The one of `known` that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.8)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_group_that_is_not_there_is_told_of_those_that_are() {
        let halls = ["hall 1", "hall 2"];
        for (name, known, hint) in [
            ("hall 9", &halls[..], "did you mean `hall 2`?"),
            ("foyer", &halls, "expected one of hall 1, hall 2"),
            ("foyer", &[], "expected a [[group]] of this name"),
        ] {
            let said = no_group(name, known.iter().copied());
            assert_eq!(said, format!("there is no group `{name}`: {hint}"));
        }
    }
}
