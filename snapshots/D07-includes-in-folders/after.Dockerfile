FROM python:3.12-slim
WORKDIR /srv
COPY req/prod.txt ./req/
COPY req/parts/web.txt ./req/parts/
COPY limits.txt ./
RUN pip install --no-cache-dir -r req/prod.txt
COPY . .
