FROM python:3.11
WORKDIR /app
COPY pyproject.toml poetry.lock ./
RUN pip install --no-cache-dir poetry && poetry install --no-root
COPY . .
RUN poetry install
ENTRYPOINT ["poetry","run","spot"]
