"""MEDIA_STORE, the address of an S3-compatible store, as options of django-storages. Pure."""

from urllib.parse import parse_qs, unquote, urlsplit

HOW = "write s3://KEY:SECRET@s3.example.org/bucket (s3+http:// without TLS; ?region=… where the store wants one)."


class NoStore(ValueError):
    """Says what to write instead; never what was written, which holds a secret."""


def bucket_options(address):
    try:
        url = urlsplit(address)
        host = f"{url.hostname}:{url.port}" if url.port else url.hostname
    except ValueError:
        raise NoStore(HOW) from None
    bucket = url.path.strip("/")
    if url.scheme not in ("s3", "s3+http") or not url.hostname or not bucket or "/" in bucket:
        raise NoStore(HOW)
    if not (url.username and url.password):
        raise NoStore(f"it names no key: {HOW}")
    return {
        "access_key": unquote(url.username),
        "secret_key": unquote(url.password),
        "bucket_name": bucket,
        "endpoint_url": f"{'http' if url.scheme == 's3+http' else 'https'}://{host}",
        "region_name": parse_qs(url.query).get("region", ["us-east-1"])[0],
        "addressing_style": "path",
    }
