"""Quality checks, one `.sql` file each, and how they are run."""
