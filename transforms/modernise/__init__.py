"""The rule modernise: what checks of BuildKit and hadolint ask for, a module for each group of them."""
