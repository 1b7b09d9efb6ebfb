"""Following page tokens by hand."""

import httpx


def pages(http: httpx.Client, size: int) -> list[list[str]]:
    """The names of jobs in a Gemini list, page by page."""
    found: list[list[str]] = []
    token = ""
    while not found or token:
        page = http.get("/v1beta/batches", params={"pageSize": size, "pageToken": token}).json()
        found.append([item["name"] for item in page.get("operations", [])])
        token = page.get("nextPageToken", "")
    return found
