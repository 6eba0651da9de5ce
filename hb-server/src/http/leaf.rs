//! The look of the few pages that the server writes itself: one sheet of text, in the colours of the dashboard. It runs
//! nothing and loads nothing. Not here: what they say (`deed`, `lost`), and who may show them in a frame (their policies).

use super::tongue::Tongue;

/// A whole page; `title` is text, `body` markup.
pub(super) fn html(tongue: &Tongue, title: &str, body: &str) -> String {
    let (lang, title) = (tongue.tag, escaped(title));
    format!(
        r#"<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex, nofollow">
<title>{title} – hb</title>
<style>{STYLE}</style>
<main>
{body}</main>
"#
    )
}

/// As in www/dashboard/style.css, which these pages may not load: they work without a dashboard.
const STYLE: &str = "
:root { --page: #f3f3f1; --surface: #fff; --line: #dcdcd8; --ink: #17191b; --focus: #0b57d0;
  font: clamp(16px, max(min(1vw, 1.78vh), min(1.78vw, 1vh)) + 1.6px, 64px)/1.5 system-ui, sans-serif }
@media (prefers-color-scheme: dark) {
  :root { --page: #101214; --surface: #1a1d20; --line: #2e3338; --ink: #eceef0; --focus: #9cc4ff } }
body { margin: 0; padding: 12vh 1rem 1rem; background: var(--page); color: var(--ink); overflow-wrap: anywhere }
main { box-sizing: border-box; max-width: 34rem; margin: auto; padding: 1.5rem; border: 1px solid var(--line);
  border-radius: .75rem; background: var(--surface) }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.015em }
p, form { margin: .75rem 0 0 }
a { color: inherit; text-underline-offset: .2em }
button { min-height: 3rem; padding: 0 1.25rem; border: 0; border-radius: .5rem; background: var(--ink);
  color: var(--surface); font: inherit; font-weight: 600; cursor: pointer }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px }
";

/// Text as it may stand in markup: names of apps and paths are whatever somebody calls them.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colours of a sheet of style: of those of light and those of dark, each `--name: value`.
    fn colours(sheet: &'static str) -> [Vec<(&'static str, String)>; 2] {
        let (light, dark) = sheet.split_once("@media (prefers-color-scheme: dark)").expect("two schemes");
        [light, dark].map(|part| {
            let (_, rule) = part.split_once(":root").expect("colours");
            let (_selector, rest) = rule.split_once('{').expect("a beginning");
            let (block, _) = rest.split_once('}').expect("an end");
            let colour = |line: &'static str| line.trim().strip_prefix("--")?.split_once(": #");
            let whole = |value: &str| if value.len() == 3 { twice(value) } else { value.into() };
            block.split(';').filter_map(colour).map(|(name, value)| (name, whole(value.trim()))).collect()
        })
    }

    /// `fff` is short for `ffffff`.
    fn twice(short: &str) -> String {
        short.chars().flat_map(|digit| [digit, digit]).collect()
    }

    #[test]
    fn its_colours_are_those_of_the_dashboard() {
        let theirs = colours(include_str!("../../../www/dashboard/style.css"));
        for (ours, theirs) in colours(STYLE).into_iter().zip(theirs) {
            assert!(ours.len() == 5, "{ours:?}");
            for colour in ours {
                assert!(theirs.contains(&colour), "{colour:?} is not of style.css: {theirs:?}");
            }
        }
    }
}
