"""The HTTP service and its page 分拨台: a thin shell around `petition_nlp.router.Router`."""
