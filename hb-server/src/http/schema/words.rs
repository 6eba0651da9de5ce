//! The words of the vocabulary as schemas: each lists what the vocabulary itself lists.
//!
//! Nothing here is made: fields are text, and these say which. Not here: what the words mean (`hb_core`).

use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Types that are only schemas.
macro_rules! schemas {
    ($($(#[$doc:meta])* $name:ident = $schema:expr;)+) => { $(
        $(#[$doc])*
        pub(in crate::http) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object($schema))
            }
        }

        impl ToSchema for $name {}
    )+ };
}

schemas! {
    /// What the server believes.
    State = words(hb_core::beat::State::ALL.iter().map(|it| it.word()));
    /// A state to look for; empty for all.
    StateOrAll = words(hb_core::beat::State::ALL.iter().map(|it| it.word()).chain([""]));
    /// Why.
    Cause = words(hb_core::beat::Cause::ALL.iter().map(|it| it.word()));
    /// What monitoring is told.
    Nagios = {
        use hb_core::verdict::Nagios::{Critical, Ok, Unknown, Warning};
        words([Ok, Warning, Critical, Unknown].into_iter().map(hb_core::verdict::Nagios::word))
    };
    /// Why alerts and repairs wait.
    Hold = words(hb_core::hold::Reason::ALL.iter().map(|it| it.word()));
    /// What a token is good for.
    Role = words(crate::auth::Role::ALL.into_iter().map(crate::auth::Role::word));
    /// A step of a repair.
    Action = words(hb_core::repair::Action::ALL.iter().map(|it| it.word()));
    /// Why no further step of a repair is taken for now.
    Limit = words(hb_core::repair::Limit::ALL.iter().map(|it| it.word()));
    /// Which refusal it is.
    Kind = words(crate::http::watch::refusal::words());
    /// Who sent a beat.
    Sender = words(hb_core::beat::By::ALL.iter().map(|it| it.word()));
    /// Whether a page can be seen.
    Visibility = words(hb_core::beat::Visibility::ALL.iter().map(|it| it.word()));
    /// The GL contexts of a page.
    Gl = words(hb_core::beat::Gl::ALL.iter().map(|it| it.word()));
    /// A page's own diagnosis.
    Diagnosis = words(hb_core::beat::Diagnosis::ALL.iter().map(|it| it.word()));
    /// Power of a display.
    Display = words(hb_core::beat::Display::ALL.iter().map(|it| it.word()));
    /// A moment, a day, or how long ago.
    Time = {
        let day = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
        text()
            .pattern(Some(format!("^([0-9]+[smhdw]|{day}|{day}[T ][0-9:.]+(Z|[+ -][0-9:]+))?$")))
            .examples(["24h", "2026-11-20", "2026-11-20T09:30:00Z"])
            .build()
    };
    /// A promise in ms, and what a page says of itself. OpenAPI has no parameter without a name: in an object whose names are
    /// spread, the promise is the first name.
    Beat = ObjectBuilder::new()
        .schema_type(Type::Object)
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .examples([serde_json::json!({ "5000": "", "v": "1", "frames": "1200" })])
        .build();
    /// Whatever JSON says.
    Anything = ObjectBuilder::new().schema_type(SchemaType::AnyValue).build();
}

fn words<'a>(all: impl Iterator<Item = &'a str>) -> Object {
    text().enum_values(Some(all)).build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
