"""`.dig` projects: archive, YAML dialect, workflows, and the task definitions that follow from them."""
