"""The form by which a document comes in."""

from django import forms
from django.core.exceptions import ValidationError

from clinic.languages import name_of, offered

from . import importing
from .made_drafts import in_language, topic_of
from .models import Topic

LONGEST_PASTE = 1_000_000  # characters


def check_file(file):
    try:
        importing.check_size(file.size)
    except importing.Refused as refused:
        raise ValidationError(str(refused)) from refused


class FileInput(forms.FileInput):
    use_fieldset = False  # Django 6.1 would leave it without a label


class ImportForm(forms.Form):
    """A document, by file or by paste; once it is valid, `imported` holds what it says."""

    file = forms.FileField(
        label="Choose a document",
        required=False,
        allow_empty_file=True,
        widget=FileInput(attrs={"accept": ".docx,.md,.markdown,.html,.htm,.txt,.json"}),
        validators=[check_file],
        help_text="Word (.docx), Markdown, a saved web page (HTML), plain text, or a guide exported as JSON. 10 MB at most. "
        "Pictures that are part of it come along; those that stand elsewhere on the web do not.",
    )
    text = forms.CharField(
        label="or paste its text",
        required=False,
        max_length=LONGEST_PASTE,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text="As you copied it from a page, a mail or a leaflet. What stands around the text there is taken out.",
        error_messages={
            "max_length": f"This is more than {LONGEST_PASTE:,} characters. Paste the part that makes one guide.",
            "null_characters_not_allowed": "The text holds characters that are no text. Paste it once more from where it is.",
        },
    )
    topic = forms.ModelChoiceField(
        Topic.objects.all(),
        required=False,
        empty_label="Choose a topic",
        help_text="Under which patients find the guide. A guide exported as JSON brings its own, if it exists here.",
    )
    language = forms.ChoiceField(
        required=False,
        choices=lambda: [("", "As the document says, else English"), *((code, name_of(code)) for code in offered())],
        help_text="Of its text. To translate a guide that is here, open that guide instead: “Languages” begins a draft.",
    )
    imported = None
    data_in_language = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Next to maxlength a browser would cut what is pasted, without a word.
        if len(offered()) == 1:
            del self.fields["language"]
        self.fields["text"].widget.attrs.pop("maxlength", None)

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        file, text = cleaned.get("file"), cleaned.get("text", "")
        if file and text.strip():
            raise ValidationError("Choose a file or paste a text, not both. Your text is still below.")
        if not file and not text.strip():
            self.add_error("file", "Choose a document, or paste its text below.")
            return cleaned
        field, content, name = (
            ("file", file.read(), file.name) if file else ("text", text.encode("utf-8", "replace"), "")
        )
        try:
            self.imported = importing.read(content, name=name)
        except importing.Refused as refused:
            self.add_error(field, str(refused))
            return cleaned
        try:
            self.data_in_language = in_language(self.imported.data, cleaned.get("language"))
        except ValidationError as unknown:
            self.add_error("language", unknown)
        self.find_topic(cleaned)
        return cleaned

    def find_topic(self, cleaned):
        if cleaned.get("topic"):
            return
        data = self.imported.data
        cleaned["topic"] = topic_of(data)
        if not cleaned["topic"]:
            named = f" (the file names “{data['topic']}”, which does not exist here)" if data["topic"] else ""
            self.add_error(
                "topic", f"Choose the topic under which patients find it{named}. Then choose the document again."
            )
