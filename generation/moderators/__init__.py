"""The checks that judge prompts, texts and pictures, one file each."""
