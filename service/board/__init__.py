"""The figures behind the board (看板): counted day by day, and read by the API and the pages alike."""
