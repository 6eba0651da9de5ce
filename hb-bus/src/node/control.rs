//! What two nodes say to each other besides messages: Grav's handshake, and our farewell.
//!
//! Not here: who is let in.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::link::Frame;
use crate::message::Id;

/// Capabilities that a peer may name; more are left out, so that nobody fills the table alone.
const MOST: usize = 64;

/// A control frame that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// "I am", first by who connected, then by who was connected to. `None`: it did not say who.
    Hello { name: Option<Id>, capabilities: Vec<String> },
    /// "Send me nothing more by turns"; `heard` answers that.
    Farewell { heard: bool },
}

/// Grav's `{"uuid":…}`. What it does not know, the others leave out.
#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    uuid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    capabilities: Vec<String>,
    /// `false` asks, `true` answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    farewell: Option<bool>,
}

impl Control {
    pub(super) fn frame(&self) -> Frame {
        let form = match self {
            Self::Hello { name, capabilities } => Form {
                uuid: name.map(|name| name.to_string()).unwrap_or_default(),
                capabilities: capabilities.clone(),
                farewell: None,
            },
            Self::Farewell { heard } => {
                Form { uuid: String::new(), capabilities: Vec::new(), farewell: Some(*heard) }
            }
        };
        Frame::Control(serde_json::to_vec(&form).expect("text and nothing else has a form in JSON").into())
    }

    /// `None` if it is nothing we know.
    pub(super) fn parse(bytes: &Bytes) -> Option<Self> {
        let mut form: Form = serde_json::from_slice(bytes).ok()?;
        if let Some(heard) = form.farewell {
            return Some(Self::Farewell { heard });
        }
        form.capabilities.truncate(MOST);
        let name = form.uuid.parse().ok().filter(|name: &Id| !name.is_nil());
        Some(Self::Hello { name, capabilities: form.capabilities })
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    const NAME: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

    #[wasm_bindgen_test(unsupported = test)]
    fn the_handshake_is_gravs_byte_for_byte() {
        let hello = Control::Hello { name: Some(NAME.parse().unwrap()), capabilities: Vec::new() };
        let bytes = Bytes::from(format!(r#"{{"uuid":"{NAME}"}}"#));
        assert_eq!(hello.frame(), Frame::Control(bytes.clone()));
        assert_eq!(Control::parse(&bytes), Some(hello));
    }

    #[wasm_bindgen_test(unsupported = test)]
    fn control_frames_are_read_with_care() {
        let nobody = |capabilities: &[&str]| Control::Hello {
            name: None,
            capabilities: capabilities.iter().map(|&text| text.to_owned()).collect(),
        };
        for (text, read) in [
            (r#"{"uuid":""}"#, Some(nobody(&[]))),
            (r#"{"uuid":"seven","later":1}"#, Some(nobody(&[]))),
            (r#"{"uuid":"00000000-0000-0000-0000-000000000000"}"#, Some(nobody(&[]))),
            (r#"{"capabilities":["a","b"]}"#, Some(nobody(&["a", "b"]))),
            (r#"{"farewell":false}"#, Some(Control::Farewell { heard: false })),
            (r#"{"farewell":true}"#, Some(Control::Farewell { heard: true })),
            (r#"{"uuid":7}"#, None),
            ("hello", None),
            ("", None),
        ] {
            assert_eq!(Control::parse(&text.into()), read, "{text}");
            if let Some(control) = read {
                let Frame::Control(bytes) = control.frame() else { panic!("no control frame") };
                assert_eq!(Control::parse(&bytes), Some(control));
            }
        }
        let many = vec!["x"; 100];
        let Some(Control::Hello { capabilities, .. }) =
            Control::parse(&serde_json::json!({ "capabilities": many }).to_string().into())
        else {
            panic!("not understood")
        };
        assert_eq!(capabilities.len(), MOST);
    }
}
