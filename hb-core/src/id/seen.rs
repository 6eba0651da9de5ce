//! Which characters show what a text is: none that cannot be seen, moves others, or ends a line.
//!
//! Two names that look alike are two screens that a person takes for one, and a mark that turns the direction of
//! writing lets one line pose as another. What letters themselves look like is not judged here.

/// Each character of `text`, and whether it may be shown.
///
/// Joiners and variation selectors have work to do in many scripts and in emoji, and none between Latin letters: they
/// pass where they join.
///
/// ```
/// let shown = |text| hb_core::id::seen(text).all(|(_, seen)| seen);
/// assert!(shown("Größe & mehr") && shown("👩\u{200D}🚀") && shown("می\u{200C}خواهم"));
/// assert!(!shown("a\u{202E}b") && !shown("Tet\u{200B}ris") && !shown("Tet\u{200D}ris") && !shown("a\nb"));
/// ```
pub fn seen(text: &str) -> impl Iterator<Item = (char, bool)> {
    let mut before = None;
    let mut rest = text.chars();
    core::iter::from_fn(move || {
        let c = rest.next()?;
        let wide = |c: Option<char>| c.is_some_and(|c| !c.is_ascii());
        let after = rest.clone().next();
        let seen = match c {
            '\u{200C}' | '\u{200D}' => wide(before) && wide(after),
            // Behind a digit it begins the picture of a key.
            '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => wide(before) || after == Some('\u{20E3}'),
            // Mongolian letters have forms that are chosen so; behind any other there is nothing to choose.
            '\u{180B}'..='\u{180D}' | '\u{180F}' => matches!(before, Some('\u{1820}'..='\u{18AA}')),
            c => !c.is_control() && !is_hidden(c),
        };
        before = Some(c);
        Some((c, seen))
    })
}

/// Ends of lines beside the control characters, marks of direction, and what has no width.
const fn is_hidden(c: char) -> bool {
    matches!(
        c,
        // They end a line in JavaScript, JSON viewers and some terminals.
        '\u{2028}' | '\u{2029}'
        | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
        | '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}' | '\u{200B}'
        | '\u{2060}'..='\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E00FF}' | '\u{E01F0}'..='\u{E0FFF}'
    )
}
