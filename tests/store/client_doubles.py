"""A way for the client to a service in this process."""

from __future__ import annotations

import httpx
from fastapi.testclient import TestClient


class ToService(httpx.BaseTransport):
    """Carries requests to a service in this process; may lose answers on the way back."""

    def __init__(self, service: TestClient) -> None:
        self._service = service
        self.losing = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        found = self._service.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        if self.losing:
            self.losing -= 1
            raise httpx.ReadError("connection lost")
        return httpx.Response(found.status_code, headers=dict(found.headers), content=found.content)
