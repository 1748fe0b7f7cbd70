"""How the names and the words of a contract are said in Python source."""
