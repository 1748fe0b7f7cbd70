"""What the nouns decide without a request: plans, readings of files, rules of pools and of logs."""
