"""Result lines as the providers write them (WIRE 1.8, 2.6, 4)."""

import json
from typing import Any


def encoded(line: Any) -> bytes:
    return json.dumps(line).encode()


def answer(text: str = "Hello", finish: str = "STOP", **more: Any) -> dict[str, Any]:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 2, "cachedContentTokenCount": 4}
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "finishReason": finish, "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"} | more


def gemini(key: str = "r1", **more: Any) -> bytes:
    return encoded({"response": answer(**more), "key": key})


def vertex(key: str = "r1", mime: str = "", status: str = "", **more: Any) -> bytes:
    request: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    request |= {"generationConfig": {"responseMimeType": mime}} if mime else {}
    response = {} if status else answer(**more)
    return encoded({"status": status, "processed_time": "…", "request": request, "response": response, "id": key})


def open_ai(text: str | None = "Hello", finish: str = "stop", code: int = 200, error: Any = None) -> bytes:
    usage = {"prompt_tokens": 7, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 2}}
    body: dict[str, Any] = {"choices": [{"message": {"content": text}, "finish_reason": finish}], "usage": usage}
    body = {"error": {"code": code, "message": "Bad"}} if code >= 400 else body
    response = {"status_code": code, "request_id": "x", "body": body}
    return encoded({"id": "batch_req_1", "custom_id": "c1", "response": response, "error": error})
