"""What the shop can do; one module per use case."""
