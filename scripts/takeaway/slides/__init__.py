"""Decks of slides, composed from the chapters and from the schedules of *Teach*."""
