"""Judges from outside on our letters (validators, a browser, a spam filter), and a mail server. Run by .ci/outside."""
