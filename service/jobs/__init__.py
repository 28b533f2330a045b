"""Bulk jobs: a file is uploaded, classified in the background by `petition_nlp.archive`, and its result fetched."""
