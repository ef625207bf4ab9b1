"""Judges from outside on our letters: validators, verifiers, a browser, a spam filter; and a mail server (.ci/outside)."""
