"""ONNX Runtime, kept from reporting its use to its makers."""

from __future__ import annotations

import os
from typing import Any


def onnx_runtime() -> Any:
    """The module ``onnxruntime``; import it nowhere else.

    Its official builds open a database in the user's cache folder and send events over the network, unless this
    variable stands in the environment before it is imported.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return onnxruntime
