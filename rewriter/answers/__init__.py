"""What a transform answers: a change or a refusal, with its contract, and the examples that it is tested with."""
