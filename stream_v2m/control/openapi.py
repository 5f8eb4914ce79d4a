"""The API as an OpenAPI 3.1 document, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from stream_v2m.control.events import Wishes
from stream_v2m.control.words import VERSION
from stream_v2m.core.commands.table import COMMANDS
from stream_v2m.core.state import State

PREFIX = "/api/v1"
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["what"],
            "properties": {name: {"type": ["string", "null"]} for name in ("what", "where", "got", "expected", "cure")},
        }
    },
}


def command_schema(name: str, styles: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of a command's arguments."""
    schema = COMMANDS[name].model_json_schema()
    if name == "set_style":
        schema["properties"]["style"]["enum"] = list(styles)
    return schema


def document(names: Sequence[str], styles: Sequence[str]) -> dict[str, Any]:
    """All addresses of the API; ``names`` are the commands that are obeyed."""
    paths: dict[str, Any] = {
        "/state": {"get": _answers("The whole state", _json({"$ref": "#/components/schemas/State"}))},
        "/commands": {"get": _answers("The JSON schema of every command", _json({"type": "object"}))},
        "/openapi.json": {"get": _answers("This document", _json({"type": "object"}))},
        "/preview.jpg": {"get": _answers("The newest picture; 204 while there is none", {"image/jpeg": {}})},
        "/events": {
            "get": {
                **_answers("A WebSocket: the state, what changes, what happens", {}, status="101"),
                "parameters": [
                    {"name": name, "in": "query", "schema": schema}
                    for name, schema in Wishes.model_json_schema()["properties"].items()
                ],
            }
        },
        "/login": {
            "post": {
                **_answers("Trade the token for a cookie", _json(_OK), status="200"),
                "security": [],
                "requestBody": _body({"type": "object", "required": ["token"], "properties": {"token": _STRING}}),
            }
        },
    }
    for name in names:
        description = (COMMANDS[name].__doc__ or name).strip()
        paths[f"/commands/{name}"] = {
            "post": {
                **_answers(description, _json(_OK)),
                "operationId": name,
                "requestBody": _body({"$ref": f"#/components/schemas/{name}"}),
            }
        }
    schemas = {name: command_schema(name, styles) for name in names}
    return {
        "openapi": "3.1.0",
        "info": {"title": "stream_v2m", "version": str(VERSION), "summary": "A live picture becomes live music"},
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}, {"cookie": []}, {}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "State": _state(), "Error": _ERROR},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "stream_v2m_PORT"},
            },
        },
    }


_STRING = {"type": "string"}
_OK = {"type": "object", "properties": {"ok": {"const": True}}}


def _state() -> dict[str, Any]:
    named = ["motion" if field.name == "cue" else field.name for field in fields(State)]
    state = {"type": "object", "properties": {name: {} for name in (*named, "tracks", "styles", "beats_per_bar")}}
    number = {"type": "number", "description": "session seconds"}
    return {"type": "object", "properties": {"version": {"const": VERSION}, "now": number, "state": state}}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": _json(schema)}


def _answers(summary: str, content: dict[str, Any], *, status: str = "200") -> dict[str, Any]:
    refused = {"description": "refused", "content": _json({"$ref": "#/components/schemas/Error"})}
    told = {"description": "done", **({"content": content} if content else {})}
    return {"summary": summary, "responses": {status: told, "4XX": refused}}
