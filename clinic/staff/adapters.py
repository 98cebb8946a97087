"""Where django-allauth asks us: no sign-up, no mail of its own, our counts and our words."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import auth, messages
from django.contrib.auth.backends import ModelBackend
from django.shortcuts import redirect

from ..models import ClinicProfile
from . import again, guessing, second_factor


class StaffBackend(ModelBackend):
    """Only who works here, today, signs in or stays signed in."""

    def user_can_authenticate(self, user):
        return user.is_active and user.is_staff


class StaffAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "The user name and the password do not fit together. Capital letters count.",
        "incorrect_password": "That is not your password. Capital letters count.",
    }

    def is_open_for_signup(self, request):
        return False

    def send_mail(self, *args, **kwargs):
        """None: mail goes out through deliveries alone, and none of it is about sign-ins."""

    def get_login_stages(self):
        return ["allauth.mfa.stages.AuthenticateStage"]

    def authenticate(self, request, **credentials):
        """Both doors of the password lead here: signing in, and showing it once more."""
        with guessing.attempt(request, credentials.get("username", "")) as was_right:
            if user := auth.authenticate(request, **credentials):
                was_right()
        return user

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        guessing.remember(request, response, user)
        return response

    def is_reauthentication_required(self, *, app, **kwargs):
        """What guards the account asks again, unless a password, code or passkey was given a moment ago."""
        return not again.is_lately_shown(self.request)

    def respond_user_inactive(self, request, user):
        messages.error(request, "This account is switched off. Ask the clinic’s manager.")
        return redirect("account_login")

    def add_message(self, request, level, message_template=None, *args, message=None, **kwargs):
        """Ours are said where they belong; of the library's own only the errors of its forms."""
        if message:
            super().add_message(request, level, message=message)


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": second_factor.WRONG,
        "cannot_delete_authenticator": second_factor.LAST_ONE,
    }

    def get_totp_label(self, user):
        return user.get_username()

    def get_totp_issuer(self):
        return ClinicProfile.objects.current().name

    def get_public_key_credential_user_entity(self, user):
        return {**super().get_public_key_credential_user_entity(user), "name": user.get_username()}

    def encrypt(self, text):
        return second_factor.encrypt(text)

    def decrypt(self, encrypted_text):
        return second_factor.decrypt(encrypted_text)

    def can_delete_authenticator(self, authenticator):
        return not second_factor.is_needed(authenticator.user)
