FROM python:3.12 AS build
ENV LANG=C.UTF-8 PYTHONPATH=/srv/app
ARG PORT=8080
RUN useradd -u 1000 web
WORKDIR /srv/app
COPY --chown=web requirements.txt ./
RUN pip install --prefix=/install -r requirements.txt

FROM python:3.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends curl \
    && rm -rf /var/lib/apt/lists/*
ENV LANG=C.UTF-8 PYTHONPATH=/srv/app
ARG PORT=8080
RUN useradd -u 1000 web
WORKDIR /srv/app
COPY --from=build /install /usr/local
COPY --chown=web . .
USER web
EXPOSE 8080
HEALTHCHECK CMD curl -f localhost:8080
CMD ["python","-m","app"]
