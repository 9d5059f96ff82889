"""Neighbouring RUNs: what each makes and costs, what a later one removes, and whether one shell may run both."""
