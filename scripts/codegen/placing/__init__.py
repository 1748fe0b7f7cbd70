"""What was made is compared with what is there, looked at, and put in its place at once."""
