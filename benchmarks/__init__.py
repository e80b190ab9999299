"""Measurements: figures that a page of docs/ shows, computed anew on request."""
