"""`${…}` in configurations: the template and the JavaScript behind it."""
