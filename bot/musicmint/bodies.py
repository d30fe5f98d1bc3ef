"""What is sent to MusicMint: one function per request, the only place that writes the API's field names."""

from __future__ import annotations

from bot.musicmint.models import TaskStatus
from bot.requests import Generate

Body = dict[str, str | int | bool]

PAGE_SIZE = 100
"""Tasks a page; the most the list gives."""


def generate_body(request: Generate) -> Body:
    """`POST /api/v1/music/generate`; empty fields are left out: the API tells its modes apart by what is there."""
    body: Body = {
        name: text
        for name, text in {
            "prompt": request.prompt,
            "tags": request.tags,
            "gpt_description_prompt": request.description,
            "title": request.title,
            "continue_clip_id": request.continue_clip_id or "",
        }.items()
        if text.strip()
    }
    if request.instrumental:
        body["make_instrumental"] = True
    if request.continue_at is not None:
        body["continue_at"] = request.continue_at
    body["retention_days"] = request.retention_days
    return body


def list_body(page: int, status: TaskStatus | None) -> Body:
    """`POST /api/v1/tasks`; without a status the API lists all."""
    body: Body = {"page": page, "page_size": PAGE_SIZE}
    if status is not None:
        body["status"] = status.number
    return body
