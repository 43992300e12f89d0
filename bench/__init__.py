"""How fast the product is on this machine, measured against limits of the same run."""
