//! What a guest may say and hear.
//!
//! Not here: who gets which grant.

/// What a guest may do: by default nothing but answer what it is sent.
///
/// ```
/// use hb_bus::guest::Grant;
///
/// let grant = Grant::new().publish_under("app/kiosk/").hear("app/kiosk/cmd").hear_under("wall/");
/// assert!(grant.may_publish("app/kiosk/door") && !grant.may_publish("app/kiosk2") && !grant.may_publish("wall/x"));
/// assert!(grant.may_hear("app/kiosk/cmd") && grant.may_hear("wall/x") && !grant.may_hear("hb.transition"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grant {
    publish: Vec<Rule>,
    hear: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    Exactly(String),
    Under(String),
}

impl Rule {
    fn allows(&self, topic: &str) -> bool {
        match self {
            Self::Exactly(this) => topic == this,
            Self::Under(prefix) => topic.starts_with(prefix.as_str()),
        }
    }
}

impl Grant {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
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
