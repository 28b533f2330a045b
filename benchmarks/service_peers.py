"""Peers of the service for benchmarks/service.py, as somebody would put them behind a plain FastAPI app in an hour.

    python benchmarks/service_peers.py rules PORT
    python benchmarks/service_peers.py recipe PORT MODEL.joblib

``rules`` is baisitong2's offline engine of keyword rules; ``recipe`` the usual scikit-learn pipeline of word and
character TF-IDF with a linear support vector machine (peers.py). Neither gives a probability, a reason or evidence.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from peers import Recipe
from pydantic import BaseModel

Answer = Callable[[str], str]


class Message(BaseModel):
    text: str


def rules() -> Answer:
    """The first office that the keyword rules name."""
    from baisitong2.services.analyzer import RuleAnalyzer
    from baisitong2.services.dispatcher import match_department

    analyzer = RuleAnalyzer()
    return lambda text: str(match_department(analyzer.analyze(text)["categories"])[0])


def recipe(path: str) -> Answer:
    """The pipeline's first label."""
    model = Recipe.load(Path(path))
    return lambda text: model.rank([text])[0][0]


def create_app(answer: Answer) -> FastAPI:
    """The app of a peer."""
    app = FastAPI()

    @app.post("/v1/routes")
    def route(message: Message) -> dict[str, str]:
        return {"department": answer(message.text)}

    return app


def main() -> None:
    name, port, *options = sys.argv[1:]
    answer = rules() if name == "rules" else recipe(*options)
    uvicorn.run(create_app(answer), host="127.0.0.1", port=int(port), log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
