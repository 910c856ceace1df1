"""What really goes wrong with a server, looked for from within and through its public address, with what to do."""
