# One image for CUDA and CPU: torch brings CUDA's libraries along, so that the host needs only NVIDIA's driver and
# container toolkit (docker run --gpus all ...). Without a GPU the same image paints on the CPU.
FROM python:3.11-slim

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUNBUFFERED=1 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility

WORKDIR /app
COPY requirements.lock .
RUN pip install --requirement requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY nst_engine nst_engine
COPY bot bot
COPY adapters adapters
RUN pip install --no-deps --no-build-isolation . && atelier fetch-preview

RUN useradd --create-home atelier && mkdir /data /blobs && chown atelier /data /blobs
USER atelier
WORKDIR /data
# A config.toml in /data is read; what is kept lies there too. The page must listen on all of the container's addresses
# to be published: publish it to 127.0.0.1 only, since it has no log-in.
ENV ATELIER_STORAGE__PATH=/data ATELIER_WEB__HOST=0.0.0.0
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["atelier"]
CMD ["run"]
