"""A city's own units, places, services and deadlines: from a department to the unit that acts.

`Directory` finds the place of a message and the unit for it, `read_directory` reads one from a workbook or CSV,
`Deadlines` counts working days.
"""
