"""The keywords of schemas in a CustomResourceDefinition: a part of OpenAPI v3.0, and Kubernetes' own.

Crossplane and the API server silently drop a keyword they don't know, and
ignore an unknown format with a warning at most. With these lists a misspelt
`x-kubernetes-…` is an error.
"""

KEYWORDS = (
    "description",
    "type",
    "format",
    "nullable",
    "default",
    "enum",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "x-kubernetes-validations",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "example",
    "externalDocs",
)
"""All a structural schema can have (apiextensions.k8s.io/v1 JSONSchemaProps), in the order people write it."""

MEANINGLESS = frozenset(
    {
        "$defs",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "deprecated",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    }
)
"""Keywords that pydantic adds and a structural schema leaves out."""

STRING_FORMATS = frozenset(
    {
        "bsonobjectid",
        "byte",
        "cidr",
        "creditcard",
        "date",
        "date-time",
        "duration",
        "email",
        "hexcolor",
        "hostname",
        "ipv4",
        "ipv6",
        "isbn",
        "isbn10",
        "isbn13",
        "k8s-long-name",
        "k8s-short-name",
        "mac",
        "password",
        "rgbcolor",
        "ssn",
        "uri",
        "uuid",
        "uuid3",
        "uuid4",
        "uuid5",
    }
)
"""The formats of text the API server checks (apiextensions-apiserver v0.36, pkg/apiserver/validation/formats.go)."""

SCALARS = frozenset({"boolean", "integer", "number", "string"})
"""The types whose values have no parts."""
