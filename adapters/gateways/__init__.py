"""One package per payment gateway; none imports another."""
