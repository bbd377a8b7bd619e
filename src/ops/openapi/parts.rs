//! The words in which the other files describe the interface.

use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Required, Response, ResponseBuilder, Schema};

pub const FORM: &str = "application/x-www-form-urlencoded";
pub const JSON: &str = "application/json";

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
}

/// A parameter of a request, or a member of a JSON object.
pub struct Member {
    name: &'static str,
    kind: Kind,
    description: &'static str,
    required: bool,
    example: Option<Value>,
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
    /// Adds an example.
    pub fn like(mut self, example: impl Into<Value>) -> Self {
        self.example = Some(example.into());
        self
    }

    fn schema(&self, description: Option<&str>) -> RefOr<Schema> {
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

fn parameter(place: ParameterIn, member: &Member) -> Parameter {
    let required = member.required || matches!(place, ParameterIn::Path);
    ParameterBuilder::new()
        .name(member.name)
        .parameter_in(place)
        .required(if required {
            Required::True
        } else {
            Required::False
        })
        .description(Some(member.description))
        .schema(Some(member.schema(None)))
        .example(member.example.clone())
        .build()
}

/// Parameters of the query.
pub fn query(members: &[Member]) -> Vec<Parameter> {
    members
        .iter()
        .map(|member| parameter(ParameterIn::Query, member))
        .collect()
}

/// A parameter in the path.
pub fn in_path(member: &Member) -> Parameter {
    parameter(ParameterIn::Path, member)
}

/// A parameter in a header.
pub fn in_header(member: &Member) -> Parameter {
    parameter(ParameterIn::Header, member)
}

/// A form body with its fields, and requests that show its use.
pub fn form(members: &[Member], examples: &[(&str, &str, Value)]) -> RequestBody {
    let content = ContentBuilder::new()
        .schema(Some(object(members, true)))
        .examples_from_iter(examples.iter().map(|(name, summary, value)| {
            let example = ExampleBuilder::new().summary(*summary);
            (*name, example.value(Some(value.clone())).build())
        }));
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(FORM, content.build())
        .build()
}

/// A JSON body of a component, with an example.
pub fn json_body(component: &str, example: Value) -> RequestBody {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(component)))
        .example(Some(example));
    RequestBodyBuilder::new()
        .required(Some(Required::True))
        .content(JSON, content.build())
        .build()
}

/// An operation without answers yet.
pub fn operation(tag: &str, id: &str, summary: &str, description: &str) -> OperationBuilder {
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(description))
}

/// An answer without a body.
pub fn empty(description: &str) -> ResponseBuilder {
    ResponseBuilder::new().description(description)
}

/// An answer with a JSON component, and an example.
pub fn answer(description: &str, component: &str, example: Value) -> ResponseBuilder {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(component)))
        .example(Some(example));
    empty(description).content(JSON, content.build())
}

/// An answer with text of a media type.
pub fn text(description: &str, media_type: &str, example: Option<&str>) -> ResponseBuilder {
    let schema = ObjectBuilder::new().schema_type(Type::String);
    let content = ContentBuilder::new()
        .schema(Some(schema.build()))
        .example(example.map(|text| json!(text)));
    empty(description).content(media_type, content.build())
}

/// A page for a person.
pub fn page(description: &str) -> ResponseBuilder {
    text(description, "text/html", None)
}

/// An OAuth error (RFC 6749, section 5.2), with each code that may come and what it may say.
pub fn errors(description: &str, codes: &[(&str, &str)]) -> ResponseBuilder {
    let examples = codes.iter().map(|(code, why)| {
        let body = json!({"error": code, "error_description": why});
        (*code, ExampleBuilder::new().value(Some(body)).build())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Error")))
        .examples_from_iter(examples);
    empty(description).content(JSON, content.build())
}

/// A header of an answer.
pub fn header(description: &str, example: &str) -> Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .description(Some(description))
        .example(Some(json!(example)))
        .build()
}

/// RFC 6749, section 5.1.
pub fn no_store(response: ResponseBuilder) -> ResponseBuilder {
    response.header(
        "Cache-Control",
        header("The answer is never cached", "no-store"),
    )
}

/// Adds answers that are described once.
pub fn with_shared(mut operation: OperationBuilder, shared: &[(&str, &str)]) -> Operation {
    for (status, name) in shared {
        operation = operation.response(
            *status,
            RefOr::<Response>::Ref(Ref::from_response_name(*name)),
        );
    }
    operation.build()
}
