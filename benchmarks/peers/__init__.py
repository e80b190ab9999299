"""What DocSnap is measured against, each a program of its own: `python FILE URL PAGES`."""
