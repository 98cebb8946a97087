"""The library's forms in plain words; what is guessed at is counted first."""

from contextlib import contextmanager

from allauth.account.forms import LoginForm
from allauth.account.forms import ReauthenticateForm as PasswordAgain
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as CodeAgain
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.core.validators import MaxLengthValidator

from . import guessing, second_factor


class Plain:
    """Labels instead of placeholders."""

    labels = {"login": "User name", "code": "Code", "password": "Password", "name": "Name of the device"}
    help_texts = {}
    at_most = {"code": 20, "password": 512, "name": 60}  # a longer password is none, and hashing it is work

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label, field.help_text = self.labels.get(name, field.label), self.help_texts.get(name, "")
            field.widget.attrs.pop("placeholder", None)
            if name in self.at_most:
                field.validators.append(MaxLengthValidator(self.at_most[name]))
        if "login" in self.fields:
            self.fields["login"].widget.attrs["autofocus"] = True
        if "code" in self.fields:
            self.fields["code"].widget.attrs |= {"inputmode": "numeric", "autofocus": True}


class SignInForm(Plain, LoginForm):
    pass


class PasswordAgainForm(Plain, PasswordAgain):
    pass


class ChangePasswordForm(AdminPasswordChangeForm):
    def __init__(self, *args, request, **kwargs):
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self):
        with guessing.attempt(self.request, self.user.get_username()) as was_right:
            old = super().clean_old_password()
            was_right()
        return old


class CountedCode(Plain):
    help_texts = {"code": "From the app on your phone, or one of your recovery codes."}

    def clean_code(self):
        code = self.cleaned_data["code"]
        with guessing.attempt(context.request, self.user.get_username(), what="code") as was_right:
            if authenticator := second_factor.accept(self.user, code):
                authenticator.user = self.user
                was_right()
        if not authenticator:
            raise get_adapter().validation_error("incorrect_code")
        self.authenticator = authenticator
        return code


class SecondStepForm(CountedCode, AuthenticateForm):
    pass


class CodeAgainForm(CountedCode, CodeAgain):
    pass


class AppForm(Plain, ActivateTOTPForm):
    help_texts = {"code": "The six digits that the app shows now."}


@contextmanager
def from_the_browser():
    """What comes instead of a credential may break the library in many ways; all of them mean that it does not fit."""
    try:
        yield
    except forms.ValidationError:
        raise
    except Exception:
        raise get_adapter().validation_error("incorrect_code") from None


class UsedPasskey:
    def clean_credential(self):
        with from_the_browser():
            return super().clean_credential()


class PasskeyForm(UsedPasskey, AuthenticateWebAuthnForm):
    pass


class PasskeySignInForm(UsedPasskey, LoginWebAuthnForm):
    pass


class PasskeyAgainForm(UsedPasskey, ReauthenticateWebAuthnForm):
    pass


class NewPasskeyForm(Plain, AddWebAuthnForm):
    passwordless = None  # always: the device asks for a finger, a face or a PIN, and that is both factors
    help_texts = {"name": "So that you know it again, such as “My phone”."}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["name"] = ""

    def clean(self):
        with from_the_browser():
            return super().clean()
