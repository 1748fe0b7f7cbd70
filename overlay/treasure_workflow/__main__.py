"""`python -m treasure_workflow`: the command `twf`."""

from treasure_workflow.cli import main

if __name__ == "__main__":
    main()
