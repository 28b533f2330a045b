"""The console: pages for the people at the hotline, on the functions that the API calls."""
