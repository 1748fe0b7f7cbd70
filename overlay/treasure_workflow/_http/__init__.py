"""What is decided about requests and responses, and the one place that imports httpx; nothing here sends anything."""
