"""What a second reader said, kept: opinions on findings, answers by content, and the calls that a budget allows."""
