"""What the real engine's platform does and the mock imitates: its times, JSON reader, hash order and stack traces."""
