//! Two halls, as the configuration of a house names them: what more a house has is added behind it.

pub(super) const HALLS: &str = r#"
[[group]]
name = "hall 1"
members = ["h1-*/*"]

[[group]]
name = "hall 2"
members = ["h2-*/*"]
"#;
