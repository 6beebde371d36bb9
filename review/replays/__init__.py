"""What another policy would have found in what is stored, and how a policy goes live."""
