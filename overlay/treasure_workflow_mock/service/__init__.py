"""The whole service: the ASGI application, and a server for it."""
