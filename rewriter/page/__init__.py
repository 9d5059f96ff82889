"""The report as one web page: changes with their reasons, what was left alone, the layers before and after."""
