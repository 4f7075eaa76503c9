"""`python -m pipelines.cli` is the console script."""

from pipelines.cli.app import main

if __name__ == "__main__":
    main()
