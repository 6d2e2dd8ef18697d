"""What lets programs run in the page: Pyodide, and what it needs to play them as the build does."""
