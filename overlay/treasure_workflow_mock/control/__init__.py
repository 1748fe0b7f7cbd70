"""`/mock/…`: what a test sets and asks beside the operations of the service."""
