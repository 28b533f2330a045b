"""Several processes behind one socket.

supervisor   holds the socket and the signals; never loads a model, so that nothing there can fail or grow
generation   loads the model once and forks workers, which share its memory; starts those that die again
worker       serves requests

A rolling restart starts a second generation, which reads settings, model and program anew, and ends the first
once the second answers; one that cannot start changes nothing.
"""
