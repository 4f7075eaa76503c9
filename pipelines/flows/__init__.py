"""Prefect flows; the only package that knows Prefect."""
