.PHONY: install demo test check fix bench nightly
