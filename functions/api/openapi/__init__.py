"""What does the document at /openapi.json say? Written from the models, never at run time.

`python -m api.openapi` writes docs/openapi.json, for people, and static/openapi.json, which the
function serves. A test compares both with what would be written now.
"""
