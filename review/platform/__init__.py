"""What a customer's programs use: keys, orders of broadcasts, passports, and a client for both."""
