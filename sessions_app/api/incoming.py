"""Forms with files on their way in: a file that is too long is not read to its end, whatever it said of itself."""

import hashlib
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest
from django.utils.translation import gettext as _

from sessions_app.errors import Invalid
from sessions_app.services import files


def bound(request: HttpRequest, most: int) -> None:
    """Say so before anybody looks into the form; a token in it that a view wants is read with the rest."""
    request.upload_handlers.insert(0, Counting(most))


def file_of(request: HttpRequest) -> UploadedFile:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Invalid(_("Send the file as the form field `file`."), details={"field": "file"})
    return file


def said(request: HttpRequest) -> dict[str, Any]:
    """A form by what it says: a file is its name and its hash, so that a repeat of other bytes is no repeat."""
    file, digest = file_of(request), hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return {**request.POST.dict(), "file": [file.name, digest.hexdigest()]}


class Counting(FileUploadHandler):
    """Stands before the handlers that keep a file, and counts all files of a form together."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._left = most, most

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._left -= len(raw_data)
        if self._left < 0:
            raise StopUpload(connection_reset=True)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Whoever keeps the file completes it."""

    def upload_complete(self) -> None:
        """Said only now: of all exceptions a parser closes its files for one."""
        if self._left < 0:
            raise files.too_long(self._most)
