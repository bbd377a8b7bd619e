//! Parameters and members of objects, and what they hold.

use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

/// What a parameter or a member holds.
#[derive(Clone, Copy)]
pub enum Kind {
    Text,
    Uri,
    Integer,
    Boolean,
    Texts,
    Uris,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Several of these.
    SomeOf(&'static [&'static str]),
    /// Text or a list of text.
    TextOrTexts,
    /// Any object.
    Object,
    /// A list of a component.
    ListOf(&'static str),
    /// A component.
    One(&'static str),
    /// RFC 3339.
    Time,
    /// A UUID.
    Id,
    TextOrNull,
    TimeOrNull,
    ObjectOrNull,
    IdOrNull,
    /// An integer from the first to the second.
    Between(u16, u16),
}

impl Kind {
    fn or_null(self) -> Self {
        match self {
            Self::Text => Self::TextOrNull,
            Self::Object => Self::ObjectOrNull,
            Self::Id => Self::IdOrNull,
            other => other,
        }
    }
}

/// A parameter of a request, or a member of a JSON object.
#[derive(Clone)]
pub struct Member {
    pub(super) name: &'static str,
    kind: Kind,
    pub(super) description: &'static str,
    pub(super) required: bool,
    pub(super) example: Option<Value>,
}

/// A member that may be left out.
pub fn may(name: &'static str, kind: Kind, description: &'static str) -> Member {
    Member {
        name,
        kind,
        description,
        required: false,
        example: None,
    }
}

/// A member that is always there.
pub fn must(name: &'static str, kind: Kind, description: &'static str) -> Member {
    Member {
        required: true,
        ..may(name, kind, description)
    }
}

impl Member {
    pub fn is_required(&self) -> bool {
        self.required
    }

    /// Adds an example.
    pub fn like(mut self, example: impl Into<Value>) -> Self {
        self.example = Some(example.into());
        self
    }

    pub(super) fn schema(&self, description: Option<&str>) -> RefOr<Schema> {
        let simple = |kind: Type| {
            ObjectBuilder::new()
                .schema_type(kind)
                .description(description)
        };
        let list = |items: RefOr<Schema>| -> RefOr<Schema> {
            ArrayBuilder::new()
                .items(items)
                .description(description)
                .into()
        };
        let plain = |kind: Type| -> RefOr<Schema> { ObjectBuilder::new().schema_type(kind).into() };
        let uri = || Some(SchemaFormat::Custom("uri".into()));
        match self.kind {
            Kind::Text => simple(Type::String).into(),
            Kind::Uri => simple(Type::String).format(uri()).into(),
            Kind::Integer => simple(Type::Integer).into(),
            Kind::Boolean => simple(Type::Boolean).into(),
            Kind::Object => simple(Type::Object).into(),
            Kind::Texts => list(plain(Type::String)),
            Kind::Uris => {
                let item = ObjectBuilder::new().schema_type(Type::String).format(uri());
                list(item.into())
            }
            Kind::OneOf(values) => simple(Type::String)
                .enum_values(Some(values.iter().copied()))
                .into(),
            Kind::SomeOf(values) => {
                let item = ObjectBuilder::new().schema_type(Type::String);
                list(item.enum_values(Some(values.iter().copied())).into())
            }
            Kind::TextOrTexts => utoipa::openapi::OneOfBuilder::new()
                .item(plain(Type::String))
                .item(ArrayBuilder::new().items(plain(Type::String)))
                .description(description)
                .into(),
            Kind::ListOf(name) => list(Ref::from_schema_name(name).into()),
            Kind::One(name) => Ref::from_schema_name(name).into(),
            Kind::Time => simple(Type::String)
                .format(Some(SchemaFormat::Custom("date-time".into())))
                .into(),
            Kind::Id => simple(Type::String)
                .format(Some(SchemaFormat::Custom("uuid".into())))
                .into(),
            Kind::TextOrNull => or_null(Type::String, description, None),
            Kind::TimeOrNull => or_null(Type::String, description, Some("date-time")),
            Kind::ObjectOrNull => or_null(Type::Object, description, None),
            Kind::IdOrNull => or_null(Type::String, description, Some("uuid")),
            Kind::Between(least, most) => simple(Type::Integer)
                .minimum(Some(least))
                .maximum(Some(most))
                .into(),
        }
    }
}

fn or_null(kind: Type, description: Option<&str>, format: Option<&str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([kind, Type::Null]))
        .format(format.map(|format| SchemaFormat::Custom(format.into())))
        .description(description)
        .into()
}

/// The schema of a body that is sent to us: other members are refused, and `null` is as good as
/// leaving an optional one out.
pub fn input(members: &[Member]) -> Schema {
    let members: Vec<Member> = members
        .iter()
        .cloned()
        .map(|member| {
            if member.required {
                return member;
            }
            Member {
                kind: member.kind.or_null(),
                ..member
            }
        })
        .collect();
    object(&members, false)
}

/// The schema of an object; `open` where members may come that are not named.
pub fn object(members: &[Member], open: bool) -> Schema {
    let mut builder = ObjectBuilder::new();
    for member in members {
        builder = builder.property(member.name, member.schema(Some(member.description)));
        if member.required {
            builder = builder.required(member.name);
        }
    }
    if !open {
        builder =
            builder.additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::<
                Schema,
            >::FreeForm(false)));
    }
    builder.into()
}
