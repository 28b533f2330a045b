"""Petitions: storing and routing them, changing them, finding them. The API and the pages call these functions."""
