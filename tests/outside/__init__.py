"""Judges from outside on our letters: validators, verifiers, a browser, a spam filter. Run by .ci/outside."""
