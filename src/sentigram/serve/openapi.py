"""Describes the interface (OpenAPI 3.1): made of the table of endpoints and of the options."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, get_args

from sentigram import __version__, registry
from sentigram.core.document import schema
from sentigram.jobs.asked import Asked, asked
from sentigram.serve.endpoints import ENDPOINTS, OF_JOBS, OF_RESTYLING, Endpoint
from sentigram.style.theme.layers import ages, cultures, known_profiles

Json = dict[str, Any]

_TYPES = {bool: "boolean", int: "integer", float: "number"}
_IN_PATH = {
    "id": ("Of the job.", {"type": "string", "pattern": "^[0-9a-f]{32}$"}),
    "kind": ("Of the result.", {"type": "string"}),
}


@cache
def description() -> Json:
    """The whole of it, ready to be written as JSON."""
    paths: dict[str, Json] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sentigram",
            "version": __version__,
            "summary": "Subtitles that look the way the words were said.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def option_schema(name: str) -> Json:
    """What may be given for an option, by its command-line name."""
    option = asked()[name]
    described: Json = {"description": option.option.help, **_type(option)}
    choices = _choices(name) or option.choices
    if choices and "array" not in described and not isinstance(option.default, tuple):
        described["enum"] = list(choices)
    if option.typed_default is not None:
        described["default"] = option.typed_default
    return described


def _type(option: Asked) -> Json:
    typed = option.typed
    wanted = next((t for t in _TYPES if typed is t or t in get_args(typed)), None)
    if wanted is None:
        return {"type": "string", "maxLength": 2000}
    limits = {"minimum": option.option.least, "maximum": option.option.most}
    return {"type": _TYPES[wanted], **{k: v for k, v in limits.items() if v is not None}}


def _choices(name: str) -> tuple[str, ...]:
    return {"culture": cultures, "age": ages}.get(name, tuple)()


def _operation(endpoint: Endpoint) -> Json:
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "responses": {str(status): _answer(*told) for status, told in endpoint.answers.items()},
    }
    parameters = [_path_parameter(name) for name in re.findall(r"\{(\w+)\}", endpoint.path)]
    parameters += [_query_parameter(name) for name in endpoint.query]
    if endpoint.name in ("put_document", "get_document"):
        name = "If-Match" if endpoint.method == "PUT" else "If-None-Match"
        parameters.append(
            {
                "name": name,
                "in": "header",
                "required": endpoint.method == "PUT",
                "description": "The ETag of a version.",
                "schema": {"type": "string"},
            }
        )
    if endpoint.name == "follow_job":
        parameters.append(
            {
                "name": "Last-Event-ID",
                "in": "header",
                "description": "The number of the last event that is known.",
                "schema": {"type": "integer"},
            }
        )
    if parameters:
        operation["parameters"] = parameters
    if endpoint.body:
        operation["requestBody"] = {"required": True, "content": _body(endpoint.body)}
    return operation


def _path_parameter(name: str) -> Json:
    told, of = _IN_PATH[name]
    return {"name": name, "in": "path", "required": True, "description": told, "schema": of}


def _query_parameter(name: str) -> Json:
    if name == "document":
        told: Json = {"type": "boolean", "default": True, "description": "With the Document."}
        return {"name": name, "in": "query", "schema": told}
    return {"name": name, "in": "query", "schema": option_schema(name)}


def _answer(says: str, body: str) -> Json:
    answer: Json = {"description": says}
    if "/" in body:
        answer["content"] = {body: {"schema": {"type": "string"}}}
    elif body:
        answer["content"] = {"application/json": {"schema": _ref(body)}}
    return answer


def _body(kind: str) -> Json:
    if kind == "document":
        return {"application/json": {"schema": _ref("Document")}}
    if kind == "looks":
        return {
            media: {"schema": _ref("Looks")}
            for media in ("application/json", "application/x-www-form-urlencoded")
        }
    return {"multipart/form-data": {"schema": _ref("Upload")}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: str = "", /, **properties: Any) -> Json:
    described: Json = {"type": "object", "properties": properties}
    if required:
        described["required"] = required.split()
    return described


def _schemas() -> dict[str, Json]:
    text: Json = {"type": "string"}
    number: Json = {"type": ["number", "null"]}
    place: Json = {"type": ["integer", "null"], "description": "0 while it runs, 1 is next."}
    state: Json = {"enum": ["queued", "running", "done", "failed"]}
    file: Json = {"type": "string", "format": "binary"}
    kinds = ", ".join(registry.names("renderer"))
    results: Json = {
        "type": "object",
        "description": f"By kind: {kinds}.",
        "additionalProperties": _object("url bytes", url=text, bytes={"type": "integer"}),
    }
    fields = {name: option_schema(name) for name in OF_JOBS}
    known = ", ".join(known_profiles())
    fields["profile"]["description"] = f"Comma-separated: {known}."
    document = {key: value for key, value in schema().items() if key not in ("$schema", "$id")}
    job = _object(
        "id name state created results",
        id=text,
        name=text,
        state=state,
        stage={"oneOf": [{"type": "null"}, _object("name share", name=text, share=number)]},
        place=place,
        eta_s=number,
        created={"type": "string", "format": "date-time"},
        expires={"type": ["string", "null"], "format": "date-time"},
        duration_ms={"type": ["integer", "null"]},
        error={"type": ["string", "null"]},
        notes={"type": "array", "items": text},
        document={"oneOf": [{"type": "null"}, _ref("Document")]},
        results=results,
    )
    return {
        "Error": _object("error", error={"type": "string", "description": "One sentence."}),
        "NewJob": _object("id state", id=text, state=state, place=place, eta_s=number),
        "Job": job,
        "Jobs": _object("jobs", jobs={"type": "array", "items": _ref("Job")}),
        "Results": _object("results", results=results),
        "Check": {"type": "object", "description": "As `sentigram check --format json` says it."},
        "Health": _object("ok", ok={"type": "boolean"}),
        "OpenApi": {"type": "object"},
        "Upload": _object("file", file=file, transcript=file, **fields),
        "Looks": _object("", **{name: fields[name] for name in OF_RESTYLING}),
        "Document": _rebased(document),
    }


def _rebased(value: Any) -> Any:
    """The schema of a Document, its references those of this description."""
    if isinstance(value, dict):
        return {
            key: each.replace("#/", "#/components/schemas/Document/", 1)
            if key == "$ref" and isinstance(each, str)
            else _rebased(each)
            for key, each in value.items()
        }
    return [_rebased(each) for each in value] if isinstance(value, list) else value
