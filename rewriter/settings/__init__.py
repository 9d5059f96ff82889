"""The settings that files give: which keys there are, where they are found, what they mean."""
