//! The bodies that chat services want. Names of apps are hostile text: where a service has a form that it never reads as
//! markup, it is that form; where it has none, every mark is taken out of effect.
//!
//! Not here: how a body is sent (`channel::webhook`).

use serde_json::{Value, json};

use super::{Action, Kind, Words};

/// Slack: blocks of plain text, and buttons. Its plain text knows no markup and no mentions.
#[must_use]
pub fn slack(words: &Words) -> Value {
    let plain = |text: &str| json!({"type": "plain_text", "text": cut(text, 2900), "emoji": false});
    let mut blocks = vec![json!({"type": "header", "text": {
        "type": "plain_text", "text": cut(&headline(words), 150), "emoji": false,
    }})];
    for (at, line) in words.lines().iter().enumerate() {
        blocks.push(json!({"type": "section", "text": plain(line)}));
        let links = words.incidents.get(at).map_or(&[][..], |told| &told.links);
        if !links.is_empty() {
            let button = |Action { label, url }: &Action| json!({"type": "button", "text": {"type": "plain_text", "text": label}, "url": url});
            blocks.push(json!({"type": "actions", "elements": links.iter().map(button).collect::<Vec<_>>()}));
        }
    }
    // What a notification shows is read as markup: these three are all that begins any of it.
    let escaped = headline(words).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({"text": escaped, "blocks": blocks})
}

/// Mattermost: Markdown, in which every mark of a name is escaped and nobody is called.
#[must_use]
pub fn mattermost(words: &Words) -> Value {
    let mut text = format!("**{}**", markdown(&headline(words)));
    for (at, line) in words.lines().iter().enumerate() {
        text.push_str("\n\n");
        text.push_str(&markdown(line));
        let links = words.incidents.get(at).map_or(&[][..], |told| &told.links);
        let links: Vec<String> =
            links.iter().map(|link| format!("[{}](<{}>)", link.label, address(&link.url))).collect();
        if !links.is_empty() {
            text.push_str("\n\n");
            text.push_str(&links.join(" · "));
        }
    }
    json!({"text": text})
}

/// Teams: an adaptive card of text runs, which know no markup.
#[must_use]
pub fn teams(words: &Words) -> Value {
    // `{{DATE(…)}}` is read in every text of a card.
    let run = |text: &str, strong: bool| {
        let text = text.replace("{{", "{ {");
        let weight = if strong { "bolder" } else { "default" };
        let size = if strong { "medium" } else { "default" };
        json!({"type": "RichTextBlock", "inlines": [
            {"type": "TextRun", "text": text, "weight": weight, "size": size}
        ]})
    };
    let mut body = vec![run(&headline(words), true)];
    for (at, line) in words.lines().iter().enumerate() {
        body.push(run(line, false));
        let links = words.incidents.get(at).map_or(&[][..], |told| &told.links);
        if !links.is_empty() {
            let open = |Action { label, url }: &Action| json!({"type": "Action.OpenUrl", "title": label, "url": url});
            body.push(json!({"type": "ActionSet", "actions": links.iter().map(open).collect::<Vec<_>>()}));
        }
    }
    json!({"type": "message", "attachments": [{
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard", "version": "1.4", "body": body,
        },
    }]})
}

/// ntfy: its JSON form, so that no name ever stands in a header. Sent to the server, not to the topic.
#[must_use]
pub fn ntfy(words: &Words, topic: &str) -> Value {
    let links = match &words.incidents[..] {
        [told] => &told.links[..],
        _ => &[],
    };
    let view =
        |Action { label, url }: &Action| json!({"action": "view", "label": label, "url": url, "clear": true});
    json!({
        "topic": topic,
        "title": cut(&words.title, 250),
        "message": cut(&words.lines().join("\n"), 3000),
        "priority": if words.bad && matches!(words.kind, Kind::Opening | Kind::GaveUp) { 4 } else { 3 },
        "tags": [if words.bad { "red_circle" } else { "green_circle" }],
        "actions": links.iter().map(view).collect::<Vec<_>>(),
    })
}

/// The title behind a mark that is seen from afar.
fn headline(words: &Words) -> String {
    format!("{} {}", if words.bad { "🔴" } else { "🟢" }, words.title)
}

/// Every mark escaped; an @ calls people even when it is, so it becomes the wide one.
fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' => safe.push('＠'),
            // A backslash before a colon or slash is no help: addresses are found all the same.
            ':' if ["http", "https", "ftp"].iter().any(|scheme| ends(&safe, scheme)) => safe.push('：'),
            // And so are those that begin with this, perhaps with up to three digits behind.
            '.' if ends(safe.trim_end_matches(|c: char| c.is_ascii_digit()), "www") => safe.push('．'),
            '-' | ',' | '.' | ':' | ';' | ' ' => safe.push(c),
            c if c.is_ascii_punctuation() => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Whether `text` ends with this word, in small or capital letters.
fn ends(text: &str, word: &str) -> bool {
    let end = text.len().checked_sub(word.len()).and_then(|at| text.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// An address that cannot leave its brackets.
fn address(url: &str) -> String {
    url.replace('<', "%3C").replace('>', "%3E").replace('\\', "%5C").replace(' ', "%20")
}

/// At most `most` characters, with a sign that something is missing.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
