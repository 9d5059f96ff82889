"""Converting a stage that builds and runs into one that builds and one that runs."""
