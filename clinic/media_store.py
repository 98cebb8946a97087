"""Pictures on an S3-compatible store, for a site on several hosts. Optional: see requirements-hosts.txt."""

from botocore.config import Config
from django.conf import settings
from storages.backends.s3 import S3Storage

CONNECT_WITHIN, ANSWER_WITHIN, TRIES = 3, 10, 2  # seconds: a picture is written within a transaction


class Bucket(S3Storage):
    """Browsers never ask the store: pages name /media/ of the site itself, which hands the files out."""

    def __init__(self, **options):
        patience = Config(
            connect_timeout=CONNECT_WITHIN,
            read_timeout=ANSWER_WITHIN,
            retries={"max_attempts": TRIES, "mode": "standard"},
            s3={"addressing_style": options.pop("addressing_style")},
            signature_version="s3v4",
            request_checksum_calculation="when_required",  # stores other than Amazon's do not all know the newest ones
            response_checksum_validation="when_required",
        )
        # The same name is the same picture: whoever writes it twice writes the same bytes.
        super().__init__(client_config=patience, file_overwrite=True, default_acl=None, **options)

    def url(self, name, **kwargs):
        return f"{settings.MEDIA_URL}{name}"

    def listdir(self, name):
        """Like a disk's, where a folder that is not there cannot be listed."""
        folders, files = super().listdir(name)
        if not folders and not files:
            raise FileNotFoundError(name)
        return folders, files
