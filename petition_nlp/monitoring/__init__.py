"""Whether what comes in, what the model says of it and what becomes of it differ from before; over daily counts."""
