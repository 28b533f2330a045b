"""Personal data in the store: masked where it leaves, masked or deleted with time, found and deleted on request."""
