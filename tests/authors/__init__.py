"""Tests of author disambiguation."""
