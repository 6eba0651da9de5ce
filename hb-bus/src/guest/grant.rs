//! What a guest may say and hear.
//!
//! Not here: who gets which grant.

/// What a guest may do: by default nothing but answer what it is sent.
///
/// ```
/// use hb_bus::guest::Grant;
///
/// let grant = Grant::new().at("app/kiosk/").hear("app/kiosk/cmd").hear_under_but("wall/", "/cmd");
/// assert!(grant.may_publish("app/kiosk/door") && !grant.may_publish("app/kiosk2") && !grant.may_publish("wall/x"));
/// assert!(grant.may_hear("app/kiosk/cmd") && grant.may_hear("wall/x"));
/// assert!(!grant.may_hear("hb.transition") && !grant.may_hear("wall/cmd"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    prefix: String,
    publish: Vec<Rule>,
    hear: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Exactly(String),
    Under(String),
    /// Begins so, and does not end so.
    UnderBut(String, String),
}

impl Rule {
    fn allows(&self, topic: &str) -> bool {
        match self {
            Self::Exactly(this) => topic == this,
            Self::Under(prefix) => topic.starts_with(prefix.as_str()),
            Self::UnderBut(prefix, ending) => {
                topic.starts_with(prefix.as_str()) && !topic.ends_with(ending.as_str())
            }
        }
    }
}

impl Grant {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// This is its own place: it may publish, and ask, about topics that begin so, and is told so when it is let in.
    #[must_use]
    pub fn at(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        let prefix = self.prefix.clone();
        self.publish_under(prefix)
    }

    /// Its own place; empty if it has none.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// It may publish, and ask, about topics that begin so. End it with a separator: `app/kiosk` also begins
    /// `app/kiosk2`.
    #[must_use]
    pub fn publish_under(mut self, prefix: impl Into<String>) -> Self {
        self.publish.push(Rule::Under(prefix.into()));
        self
    }

    /// It may publish, and ask, about this topic.
    #[must_use]
    pub fn publish(mut self, topic: impl Into<String>) -> Self {
        self.publish.push(Rule::Exactly(topic.into()));
        self
    }

    /// It may subscribe to this topic.
    #[must_use]
    pub fn hear(mut self, topic: impl Into<String>) -> Self {
        self.hear.push(Rule::Exactly(topic.into()));
        self
    }

    /// It may subscribe to topics that begin so.
    #[must_use]
    pub fn hear_under(mut self, prefix: impl Into<String>) -> Self {
        self.hear.push(Rule::Under(prefix.into()));
        self
    }

    /// It may subscribe to topics that begin so, but to none that ends so: what is asked of another is not for it to
    /// answer.
    #[must_use]
    pub fn hear_under_but(mut self, prefix: impl Into<String>, ending: impl Into<String>) -> Self {
        self.hear.push(Rule::UnderBut(prefix.into(), ending.into()));
        self
    }

    /// Whether it may publish about this topic.
    #[must_use]
    pub fn may_publish(&self, topic: &str) -> bool {
        self.publish.iter().any(|rule| rule.allows(topic))
    }

    /// Whether it may subscribe to this topic.
    #[must_use]
    pub fn may_hear(&self, topic: &str) -> bool {
        self.hear.iter().any(|rule| rule.allows(topic))
    }
}
