"""The host shop's models, as the peers want them."""
