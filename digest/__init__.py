"""Morning Papers: every paper you asked for, once, in a letter that looks right and says why."""
