"""What should run: customers, their broadcasts as ordered, and who works on them."""
