from __future__ import annotations

import pytest
from tiny_models import Trained, train_on_samples, train_on_words


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_on_samples(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="session")
def sure(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train_on_words(tmp_path_factory.mktemp("sure"))
