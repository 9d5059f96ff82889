import os

from flask import Flask, render_template

app = Flask(__name__)


@app.get("/")
def page() -> str:
    return render_template("page.html", user=os.getuid())
