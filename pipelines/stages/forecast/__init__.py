"""Stages that train, evaluate and forecast."""
