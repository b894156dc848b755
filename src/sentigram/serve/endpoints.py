"""The interface, an endpoint a row: the application routes by it, and OpenAPI is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

SPEAKERS: Final = ("speakers", "speaker-names")
HEARD: Final = ("to", "language", "no-emotions", "audio-stream", "no-sidecar", "shots", *SPEAKERS)
"""What a visitor may ask for of the hearing, and which results; nothing that names a path, a
device or a model of the server."""
LOOKS: Final = (
    *("culture", "age", "preset", "profile", "style", "motion", "capitals", "active"),
    *("emphasis-marks", "sounds"),
)
"""How it may look."""
DRAWN: Final = ("clip-width", "background")
"""How pictures are made."""
OF_SERVER: Final = ("engine", "weights", "transcriber", "whisper-model", "device")
"""What the operator chooses for all, by names of models on the server."""
OF_JOBS: Final = (*HEARD, *LOOKS, *DRAWN)
OF_RESTYLING: Final = ("to", *LOOKS, *DRAWN)
OF_CHECKS: Final = ("profile", "culture", "age", "language")
FROM_PICTURE: Final = frozenset({"video", "mkv", "gif", "webp"})
"""Kinds of result that take as long as a job, and are queued as one."""

Body = Literal["", "upload", "document", "looks"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method of an address.

    Attributes:
        name: Of the method of `Api` that serves it.
        method: GET, POST, PUT or DELETE.
        path: With `{id}` and `{kind}`.
        summary: A sentence.
        answers: What each status means; the schema or the media type of a body after it.
        body: What is sent.
        query: Names of options that the address may have.
    """

    name: str
    method: str
    path: str
    summary: str
    answers: Mapping[int, tuple[str, str]]
    body: Body = ""
    query: tuple[str, ...] = field(default=())


_JOB = "/api/jobs/{id}"
_ERRORS: Mapping[int, str] = MappingProxyType(
    {
        400: "The request is broken.",
        401: "The session of this browser is over, or a token must be shown.",
        403: "It came from a page of another site.",
        404: "There is no such job, or it is not yours, or its time is over.",
        408: "It came too slowly.",
        409: "Something else was done to it in between.",
        413: "It is too large.",
        415: "It is not of a kind that is taken.",
        422: "An option or the file cannot be used; the sentence says which and why.",
        428: "Say which version was changed: If-Match.",
        429: "Too much of one visitor; Retry-After says when.",
        503: "Too much for the server; Retry-After says when.",
        507: "There is no room on the disk.",
    }
)


def _answers(
    *told: tuple[int, str, str], errors: tuple[int, ...] = ()
) -> Mapping[int, tuple[str, str]]:
    answers = {status: (says, body) for status, says, body in told}
    answers |= {status: (_ERRORS[status], "Error") for status in (*errors, 429)}
    return MappingProxyType(dict(sorted(answers.items())))


ENDPOINTS: Final = (
    Endpoint(
        "make_job",
        "POST",
        "/api/jobs",
        "Upload a recording, or a Document, and put it into the queue.",
        _answers(
            (202, "It waits.", "NewJob"), errors=(400, 401, 403, 408, 413, 415, 422, 503, 507)
        ),
        body="upload",
    ),
    Endpoint(
        "list_jobs",
        "GET",
        "/api/jobs",
        "The jobs of this browser's session, the oldest first; a script has its ids.",
        _answers((200, "They.", "Jobs")),
    ),
    Endpoint(
        "show_job",
        "GET",
        _JOB,
        "How far it is, and what there is of it.",
        _answers((200, "It.", "Job"), errors=(404,)),
        query=("document",),
    ),
    Endpoint(
        "delete_job",
        "DELETE",
        _JOB,
        "End it, and remove all of it.",
        _answers((204, "It is gone.", ""), errors=(403, 404)),
    ),
    Endpoint(
        "follow_job",
        "GET",
        f"{_JOB}/events",
        "What happens, as server-sent events; it ends within a minute, and is asked for again.",
        _answers(
            (
                200,
                "Events: state, stage, note, recognized, words, readings, done, failed.",
                "text/event-stream",
            ),
            (204, "All has been told.", ""),
            errors=(404, 503),
        ),
    ),
    Endpoint(
        "get_document",
        "GET",
        f"{_JOB}/document",
        "The Document: words, times and readings.",
        _answers(
            (200, "It, with its version as ETag.", "Document"),
            (304, "It is the version of If-None-Match.", ""),
            errors=(404,),
        ),
    ),
    Endpoint(
        "put_document",
        "PUT",
        f"{_JOB}/document",
        "Keep a corrected Document; If-Match names the version that was corrected.",
        _answers(
            (204, "It is kept; its version is the ETag.", ""),
            errors=(403, 404, 409, 413, 422, 428, 507),
        ),
        body="document",
    ),
    Endpoint(
        "restyle_job",
        "POST",
        f"{_JOB}/restyle",
        "Draw the Document with another look, or as other kinds of result.",
        _answers(
            (200, "All results.", "Results"),
            (202, "What is made from the picture waits in the queue.", "NewJob"),
            errors=(403, 404, 409, 413, 422, 503, 507),
        ),
        body="looks",
    ),
    Endpoint(
        "check_job",
        "GET",
        f"{_JOB}/check",
        "Its captions against the rules of caption guides, as `sentigram check` says it.",
        _answers((200, "What was found.", "Check"), errors=(404, 422, 503)),
        query=OF_CHECKS,
    ),
    Endpoint(
        "check_document",
        "POST",
        "/api/check",
        "The same of a Document that is sent.",
        _answers((200, "What was found.", "Check"), errors=(403, 413, 422, 503, 507)),
        body="document",
        query=OF_CHECKS,
    ),
    Endpoint(
        "get_result",
        "GET",
        f"{_JOB}/results/{{kind}}",
        "A result, as a file.",
        _answers((200, "The file.", "application/octet-stream"), errors=(404,)),
    ),
    Endpoint(
        "get_media",
        "GET",
        f"{_JOB}/media",
        "The recording, whole or a range of it.",
        _answers(
            (200, "All of it.", "application/octet-stream"),
            (206, "The range.", "application/octet-stream"),
            errors=(404,),
        ),
    ),
    Endpoint(
        "health",
        "GET",
        "/healthz",
        "Whether the server serves.",
        _answers((200, "It does.", "Health")),
    ),
    Endpoint(
        "metrics",
        "GET",
        "/metrics",
        "Numbers for Prometheus.",
        _answers((200, "They.", "text/plain")),
    ),
    Endpoint(
        "openapi",
        "GET",
        "/openapi.json",
        "This description.",
        _answers((200, "It.", "OpenApi")),
    ),
)
