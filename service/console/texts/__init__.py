"""Every word that the console shows: a module for each page, and `common` for what all share.

A page's module has ``PAGE``, what its template shows as ``t``, with at least ``title``; and ``SCRIPT``, what its script
reads through ``static/texts.js``.
"""
