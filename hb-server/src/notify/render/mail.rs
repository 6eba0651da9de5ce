//! A message as a mail: subject, text, and the same as HTML. Not here: how it is sent (`channel::mail`).

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, context};

use super::Words;

/// The HTML part: one column, no pictures, nothing from elsewhere.
const HTML: &str = r#"<!doctype html>
<html lang="en"><body style="margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;color:#1a1a1a">
<h1 style="font-size:20px;margin:0 0 12px;border-left:6px solid {{ '#c62828' if bad else '#2e7d32' }};padding-left:12px">{{ title }}</h1>
{%- for part in parts %}
<p style="margin:0 0 12px">{{ part.line }}
{%- for link in part.links %}<br><a href="{{ link.url }}">{{ link.label }}</a>{% endfor %}</p>
{%- endfor %}
<p style="margin:24px 0 0;color:#767676;font-size:13px">hb</p>
</body></html>
"#;

/// The subject. One line, whatever a name says: line ends were taken out with all that cannot be seen.
#[must_use]
pub fn subject(words: &Words) -> String {
    words.title.clone()
}

/// The HTML part; everything that is not ours is escaped.
#[must_use]
pub fn html(words: &Words) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let parts: Vec<_> = words
        .lines()
        .into_iter()
        .enumerate()
        .map(|(at, line)| context! { line, links => words.incidents.get(at).map(|told| Serde(&told.links)) })
        .collect();
    let page =
        environment.render_str(HTML, context! { title => words.title.as_str(), bad => words.bad, parts });
    page.expect("the template is ours and its test renders it")
}
