"""The local page: Atelier in a browser, without any token."""

from adapters.web.front import WebFront

__all__ = ["WebFront"]
