"""The registry of models: their files in the data folder, their versions in the store, and the change between them."""
