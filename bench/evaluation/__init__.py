"""The labelled lines and pictures that the gate is measured with."""
