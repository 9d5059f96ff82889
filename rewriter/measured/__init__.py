"""What the steps of a Dockerfile took when `dfix verify` last built them."""
