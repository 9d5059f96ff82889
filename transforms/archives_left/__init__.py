"""The rule archives-left: remove a downloaded archive in the RUN that unpacks it."""
