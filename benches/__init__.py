"""Measuring tools: synthetic pictures, reading rates, speed. Not installed with the package."""
