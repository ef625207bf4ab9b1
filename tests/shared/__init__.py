"""The larger run over a folder of real answers and texts, named by $DIGEST_SHARED."""
