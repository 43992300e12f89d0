"""What is true of money and orders; standard library only."""
