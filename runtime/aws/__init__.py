"""How the runtime talks to AWS: clients and whose credentials sign a call. No service's meaning lives here."""
