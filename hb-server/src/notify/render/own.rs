//! A template of one's own, in minijinja: it sees [`Words`], and `text`, the whole as plain text.
//!
//! What it makes is escaped by what it is: JSON for `json`, HTML for `html`, nothing for text. Not here: where it is read.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context};

use super::Words;

/// What a template makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `{{ title }}` becomes a JSON string, quotes and all.
    Json,
    /// `{{ title }}` is escaped for HTML.
    Html,
    /// `{{ title }}` is one line of text.
    Text,
}

impl Form {
    /// What HTTP calls it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
        }
    }
}

/// A template that was read and makes sense.
#[derive(Clone, Debug)]
pub struct Template {
    environment: Environment<'static>,
    form: Form,
}

/// Why a template was refused, with the line.
#[derive(Debug, thiserror::Error)]
#[error("the template, line {line}: {reason}")]
pub struct Invalid {
    line: usize,
    reason: String,
}

impl From<&minijinja::Error> for Invalid {
    fn from(error: &minijinja::Error) -> Self {
        let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
        Self { line: error.line().unwrap_or(1), reason }
    }
}

impl Template {
    /// Reads `source`.
    ///
    /// # Errors
    /// It is no template.
    pub fn new(source: &str, form: Form) -> Result<Self, Invalid> {
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(move |_| match form {
            Form::Json => AutoEscape::Json,
            Form::Html => AutoEscape::Html,
            Form::Text => AutoEscape::None,
        });
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
        environment.add_template_owned("own", source.to_owned()).map_err(|error| Invalid::from(&error))?;
        Ok(Self { environment, form })
    }

    /// What it makes.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The message by this template.
    ///
    /// # Errors
    /// It names something that is not there, or makes no JSON where it should.
    pub fn render(&self, words: &Words) -> Result<String, Invalid> {
        let template = self.environment.get_template("own").expect("it was added when it was read");
        let context = context! { text => words.text(), ..Value::from(Serde(words)) };
        let made = template.render(context).map_err(|error| Invalid::from(&error))?;
        if self.form == Form::Json
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&made)
        {
            return Err(Invalid { line: error.line(), reason: format!("it makes no JSON: {error}") });
        }
        Ok(made)
    }
}
