//! Names that requests choose from, as the description lists them.

use std::borrow::Cow;

use env::CONTROLLERS;
use env::habitat::scenario::{Difficulty, SHIPPED};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, OneOfBuilder, Schema};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

fn listed(names: impl IntoIterator<Item = String>) -> Object {
    let text = ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
    text.enum_values(Some(names)).build()
}

fn controllers() -> impl Iterator<Item = String> {
    CONTROLLERS.iter().map(|(name, _)| (*name).to_owned())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident: $names:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                listed($names).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

names! {
    /// A scenario.
    ScenarioName: SHIPPED.iter().map(|shipped| shipped.name.to_owned());
    /// A difficulty.
    DifficultyName: Difficulty::ALL.iter().map(ToString::to_string);
    /// A controller.
    ControllerName: controllers();
    /// A controller, or the one in command.
    AnyController: std::iter::once("current".to_owned()).chain(controllers());
}

/// An object that has `key` and nothing else.
fn only(key: &str, value: Object) -> Object {
    let closed = AdditionalProperties::FreeForm(false);
    ObjectBuilder::new()
        .property(key, value)
        .required(key)
        .additional_properties(Some(closed))
        .build()
}

/// Either a controller by its name or a policy in base64.
pub fn name_or_policy() -> RefOr<Schema> {
    let policy = ObjectBuilder::new().schema_type(SchemaType::new(Type::String)).build();
    let either = OneOfBuilder::new()
        .item(only("name", listed(controllers())))
        .item(only("policy", policy))
        .build();
    RefOr::T(Schema::OneOf(either))
}
