"""A real S3 server on this machine, moto's, and a client that fills and checks it."""

import io
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

Environment = dict[str, Any]
_SIGNED = "AWS4-HMAC-SHA256 Credential=someone/20260101/us-east-1/s3/aws4_request, Signature=0"


@dataclass
class Server:
    """A running server.

    `busy`: it answers 503 to one request in so many, 0 for none; `answers`: number of requests by method, and
    of answers with 503; `read`, `written`: bytes of bodies.
    """

    environment: dict[str, str]
    client: Any
    busy: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    read: int = 0
    written: int = 0

    def fill(self, bucket: str, files: dict[str, bytes]) -> None:
        self.client.create_bucket(Bucket=bucket)
        for key, data in files.items():
            self.client.put_object(Bucket=bucket, Key=key, Body=data)

    def names(self, bucket: str, prefix: str = "") -> list[str]:
        listed = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [entry["Key"] for page in listed for entry in page.get("Contents", ())]

    def file(self, bucket: str, key: str) -> bytes:
        data: bytes = self.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return data

    def files(self, bucket: str) -> dict[str, bytes]:
        return {key: self.file(bucket, key) for key in self.names(bucket)}


class _Silent(WSGIRequestHandler):
    def log(self, kind: str, message: str, *arguments: Any) -> None:
        """No line for each request."""


@contextmanager
def running() -> Iterator[Server]:
    """The server, until the block ends."""
    application = DomainDispatcherApplication(create_backend_app)
    lock, asked = threading.Lock(), 0

    def answer(environ: Environment, start: Callable[..., Any]) -> Iterable[bytes]:
        nonlocal asked
        with lock:
            asked += 1
            server.answers[environ["REQUEST_METHOD"]] += 1
            refused = server.busy and asked % server.busy == 0
            server.answers["503"] += bool(refused)
        if refused:
            start("503 Slow Down", [("Content-Length", "0")])
            return [b""]
        # Requests to emulators of Google's store are not signed.
        if not environ.get("HTTP_AUTHORIZATION", "").startswith("AWS4"):
            environ["HTTP_AUTHORIZATION"] = _SIGNED
            if copied := environ.pop("HTTP_X_GOOG_COPY_SOURCE", None):
                environ["HTTP_X_AMZ_COPY_SOURCE"] = copied
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        parts = list(application(environ, start))
        with lock:
            server.written += len(body) if environ["REQUEST_METHOD"] == "PUT" else 0
            server.read += sum(map(len, parts)) if environ["REQUEST_METHOD"] == "GET" else 0
        return parts

    listening = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Silent)
    address = f"http://127.0.0.1:{listening.server_port}"
    environment = {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "something",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
    }
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    server = Server({**os.environ, **environment}, client)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        thread.join()
