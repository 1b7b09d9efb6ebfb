"""The form by which a job's input file is attached."""

from collections.abc import Iterator

from django import forms
from django.core.files.uploadedfile import UploadedFile


class InputForm(forms.Form):
    """One JSONL file, kept on disk while it arrives."""

    file = forms.FileField(
        label="Input file (JSONL)",
        max_length=300,
        help_text="The file the job was created from: a request a line, with the key its result has. At most 2 GB.",
    )

    @property
    def name(self) -> str:
        return str(self._file.name)

    @property
    def chunks(self) -> Iterator[bytes]:
        return self._file.chunks(2**20)

    @property
    def _file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        return file
