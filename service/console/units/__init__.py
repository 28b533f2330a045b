"""The page 目录: the city's own units, rules, places and services, their versions, and what they say of a message."""

from service.console.units import editing, importing, lists, trying, versions
from service.console.units.frame import router

__all__ = ["editing", "importing", "lists", "router", "trying", "versions"]
