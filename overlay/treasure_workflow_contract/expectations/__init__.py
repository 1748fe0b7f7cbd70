"""What the service is known to do where the contract or a check says otherwise, each with its evidence."""
