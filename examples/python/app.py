"""Counts the words of every text that is posted to it."""

import json
import os
from collections import Counter
from pathlib import Path

from flask import Flask, Response, jsonify, request

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1_000_000
store = Path(os.environ.get("STORE", "/var/lib/counter")) / "words.json"


def counted() -> Counter[str]:
    """Words so far."""
    return Counter(json.loads(store.read_text())) if store.exists() else Counter()


@app.get("/")
def most() -> Response:
    """Answer with the ten words that came most often."""
    return jsonify(counted().most_common(10))


@app.post("/")
def count() -> Response:
    """Add the words of a text, answer with how many there are by now."""
    words = counted() + Counter(request.get_data(as_text=True).lower().split())
    store.write_text(json.dumps(words))
    return jsonify(words=words.total())
