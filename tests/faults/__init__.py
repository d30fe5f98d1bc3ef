"""The bot's core in virtual time, killed and faulted at every call it makes; the stand-ins' ledgers are the judge."""
