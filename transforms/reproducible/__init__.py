"""The rule reproducible: let the RUNs know SOURCE_DATE_EPOCH that put times into files."""
