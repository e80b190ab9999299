"""DocSnap from Python and from the shell.

    from docsnap_client import Client

    client = Client("https://api.example.com", token="…")
    job = client.wait(client.submit("https://example.com/docs/").id)
    client.fetch(job.id, Path("documentation.zip"))

Needs nothing but Python. `python -m docsnap_client --help` shows the same as a command.
"""

from docsnap_client.client import ApiError, Client, Download, Job

__version__ = "0.1.0"

__all__ = ["ApiError", "Client", "Download", "Job"]
