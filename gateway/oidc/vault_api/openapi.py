"""The OpenAPI document of the vault's API (OpenAPI 3.1)."""

from typing import Any

from gateway.oidc.vault_api.access import SCOPE
from gateway.oidc.vault_api.entries import MOST
from gateway.pseudonyms.provisioned import FIELDS

_WORDS = {
    "account": "User id as the identity provider sends it. Never a citizen number.",
    "school": "BRIN of your school, with 6 characters for a branch; absent: your school",
    "eck_id": "ECK iD in your school's sector",
    "replaced": "ECK iDs that eck_id took the place of, the first one first, with blanks between them",
    "stampseudonym": "What Nummervoorziening makes ECK iDs of",
    "adult": "Whether the learner is of age: true or false. Never a birth date.",
    "until": "Last day on which the entry holds: 2027-07-31",
    "checked": "Day on which the administration found the learner in DUO's register (ROD)",
}


def document(base_url: str) -> dict[str, Any]:
    """The document; `base_url` is the address under which the API lies."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Vault of ECK iDs", "version": "1", "description": _ABOUT},
        "servers": [{"url": base_url}],
        "security": [{"administration": [SCOPE]}],
        "paths": {
            "/token": {"post": _token()},
            "/entries": {"post": _put()},
            "/entries/find": {"post": _find()},
            "/entries/{id}": {"parameters": [_ID], "get": _get(), "delete": _delete()},
        },
        "components": {
            "schemas": {"Entry": _entry(), "Held": _HELD, "Problem": _PROBLEM},
            "responses": {"Problem": {"description": "What is wrong", "content": _PROBLEM_CONTENT}},
            "securitySchemes": {
                "administration": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": f"{base_url}/token",
                            "scopes": {SCOPE: "Entries of one school"},
                        }
                    },
                }
            },
        },
    }


_ABOUT = (
    "For systems of a school's administration. Each speaks for one school. ECK iDs go in and never come out. "
    "The body of a request never names a citizen number; one that does is refused."
)
_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "The id that /entries or /entries/find answered; it says nothing of the account",
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "reference": {"type": "string", "description": "By which the operator finds the request"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"index": {"type": "integer"}, "problem": {"type": "string"}},
            },
        },
    },
}
_PROBLEM_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_HELD = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "etag": {"type": "string"},
        "school": {"type": "string"},
        "eck_ids": {"type": "array", "items": {"enum": ["po", "vo", "mbo", "ho"]}},
        "stampseudonym": {"type": "boolean"},
        "adult": {"type": ["boolean", "null"]},
        "until": {"type": ["string", "null"], "format": "date"},
        "checked": {"type": ["string", "null"], "format": "date"},
        "in_force": {"type": "boolean"},
    },
}


def _entry() -> dict[str, Any]:
    kinds: dict[str, Any] = {"adult": {"type": ["boolean", "string", "null"]}}
    said = {name: {**kinds.get(name, _TEXT), "description": _words(name)} for name in FIELDS}
    return {"type": "object", "required": ["account"], "properties": said, "additionalProperties": False}


_TEXT: dict[str, Any] = {"type": ["string", "null"]}


def _words(name: str) -> str:
    return _WORDS.get(name) or f"ECK iD in the sector {name.removeprefix('eck_id_')}"


def _token() -> dict[str, Any]:
    return {
        "summary": "Get an access token, good for five minutes",
        "security": [],
        "requestBody": {
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "required": ["grant_type"],
                        "properties": {
                            "grant_type": {"const": "client_credentials"},
                            "client_id": {"type": "string"},
                            "client_assertion": {"type": "string"},
                            "client_assertion_type": {"type": "string"},
                            "scope": {"const": SCOPE},
                        },
                    }
                }
            },
        },
        "responses": {"200": {"description": "The token"}, "400": _OAUTH, "401": _OAUTH},
    }


_OAUTH = {"description": "error and error_description, as RFC 6749 5.2 has them"}


def _put() -> dict[str, Any]:
    listed = {"type": "array", "minItems": 1, "maxItems": MOST, "items": {"$ref": "#/components/schemas/Entry"}}
    return {
        "summary": f"Write up to {MOST} entries over what was there: all of them, or none",
        "description": "The same request again changes nothing.",
        "requestBody": _json({"type": "object", "required": ["entries"], "properties": {"entries": listed}}),
        "responses": _responses("The id and ETag of each, in the order of the request", "413", "415", "422", "503"),
    }


def _find() -> dict[str, Any]:
    listed = {"type": "array", "minItems": 1, "maxItems": MOST, "items": {"type": "string"}}
    return {
        "summary": f"What the vault has of up to {MOST} accounts; null for one that it does not have",
        "requestBody": _json({"type": "object", "required": ["accounts"], "properties": {"accounts": listed}}),
        "responses": _responses("In the order of the request", "413", "415", "422", "503"),
    }


def _get() -> dict[str, Any]:
    responses = _responses("What is held", "404", "503")
    responses["200"]["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Held"}}}
    return {"summary": "One entry, with its ETag", "responses": responses}


def _delete() -> dict[str, Any]:
    if_match = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
    responses = _responses("", "412", "503")
    del responses["200"]
    return {
        "summary": "Remove an entry; with If-Match only while it is as the ETag says",
        "parameters": [if_match],
        "responses": {"204": {"description": "It is not there (any more)"}, **responses},
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _responses(good: str, *more: str) -> dict[str, Any]:
    refused = {status: {"$ref": "#/components/responses/Problem"} for status in ("400", "401", *more)}
    return {"200": {"description": good}, **refused}
