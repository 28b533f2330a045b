"""The page 分拨台: a view on ``POST /v1/routes``."""
