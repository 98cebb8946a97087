"""The pages of signing in, and each person's page about their own sign-in."""

from http import HTTPStatus

from allauth.account.internal.stagekit import clear_login
from allauth.account.views import LoginView, ReauthenticateView
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth as webauthn_auth
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import PasswordChangeView
from django.contrib.sessions.models import Session
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.views.decorators.http import require_POST

from . import forms, second_factor, sessions


class StaffPage:
    """In the frame of the admin, and with the status that says what is the matter."""

    title = ""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return {**admin.site.each_context(self.request), "title": self.title, **context}

    def render_to_response(self, context, **kwargs):
        response = super().render_to_response(context, **kwargs)
        form = context.get("form")
        errors = form.errors.as_data().values() if form and form.is_bound else []
        for error in (error for some in errors for error in some):
            if wait := getattr(error, "wait", None):
                response.status_code, response["Retry-After"] = HTTPStatus.TOO_MANY_REQUESTS, wait
        return response


# Signing in -----------------------------------------------------------------------------------------------------------


class SignIn(StaffPage, LoginView):
    form_class = forms.SignInForm
    template_name = "staff/sign_in.html"
    title = "Staff sign-in"


class SecondStep(StaffPage, mfa.AuthenticateView):
    form_class = forms.SecondStepForm
    webauthn_form_class = forms.PasskeyForm
    template_name = "staff/second_step.html"
    title = "Second step"

    def dispatch(self, request, *args, **kwargs):
        response = super().dispatch(request, *args, **kwargs)
        if response.headers.get("Location") == reverse("account_login"):
            clear_login(request)  # as after a reset: else this page and the door would send each other on for ever
        return response

    def post(self, request, *args, **kwargs):
        if "start_again" in request.POST:
            return self.stage.abort()
        return super().post(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        types = set(second_factor.of(self.stage.login.user).values_list("type", flat=True))
        return {
            **super().get_context_data(**kwargs),
            "has_codes": types != {second_factor.Type.WEBAUTHN},
            "has_passkey": second_factor.Type.WEBAUTHN in types,
        }


class PasskeySignIn(webauthn.LoginWebAuthnView):
    form_class = forms.PasskeySignInForm


# Once more, before what guards the account is changed -----------------------------------------------------------------


class Again(StaffPage):
    template_name = "staff/again.html"
    title = "Please show that it is you"
    names = {
        "reauthenticate": "Use your password",
        "mfa_reauthenticate": "Use a code",
        "mfa_reauthenticate:webauthn": "Use a passkey",
    }

    def get_reauthentication_alternatives(self):
        return [{**way, "words": self.names[way["id"]]} for way in super().get_reauthentication_alternatives()]


class PasswordAgain(Again, ReauthenticateView):
    form_class = forms.PasswordAgainForm


class CodeAgain(Again, mfa.ReauthenticateView):
    form_class = forms.CodeAgainForm


class PasskeyAgain(Again, webauthn.ReauthenticateWebAuthnView):
    form_class = forms.PasskeyAgainForm

    def form_invalid(self, form):
        messages.error(self.request, second_factor.WRONG)
        return redirect(self.passthrough_next_url(self.request.path))


# One's own sign-in ----------------------------------------------------------------------------------------------------


class OwnSignIn(StaffPage, mfa.IndexView):
    template_name = "staff/own.html"
    title = "Your sign-in"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        mine = context["authenticators"]
        codes = mine.get(second_factor.Type.RECOVERY_CODES)
        return {
            **context,
            "app": mine.get(second_factor.Type.TOTP),
            "passkeys": mine.get(second_factor.Type.WEBAUTHN, []),
            "codes_left": len(codes.get_unused_codes()) if codes else None,
            "must_set_up": second_factor.is_missing(self.request),
            "sessions": sessions.of(self.request.user),
            "this_session": self.request.session.session_key,
        }


class SetUp(StaffPage):
    """Setting up the first one leads to the recovery codes, each further one back."""

    def form_valid(self, form):
        response = super().form_valid(form)
        newest = second_factor.of(self.request.user).filter(type__in=second_factor.FIRST_CLASS).latest("created_at")
        second_factor.show(self.request, newest)
        messages.success(self.request, self.done)
        return response


class SetUpApp(SetUp, totp.ActivateTOTPView):
    form_class = forms.AppForm
    template_name = "staff/app.html"
    title = "Set up an app"
    done = "The app is set up. From now on we ask for its code when you sign in."


class AddPasskey(SetUp, webauthn.AddWebAuthnView):
    form_class = forms.NewPasskeyForm
    template_name = "staff/passkey.html"
    title = "Add a passkey"
    done = "The passkey is set up. You can sign in with it alone."

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        options = webauthn_auth.begin_registration(self.request.user, passwordless=True)
        return {**context, "js_data": {"creation_options": options}, "form": kwargs.get("form") or self.get_form()}


class Removal(StaffPage):
    template_name = "staff/remove.html"

    def form_valid(self, form):
        messages.success(self.request, self.done)
        return super().form_valid(form)


class RemoveApp(Removal, totp.DeactivateTOTPView):
    title = "Remove the app?"
    done = "The app is removed: its codes open nothing any more."


class RemovePasskey(Removal, webauthn.RemoveWebAuthnView):
    title = "Remove the passkey?"
    done = "The passkey is removed."

    def form_valid(self, form):
        if second_factor.is_needed(self.request.user):
            messages.error(self.request, second_factor.LAST_ONE)
            return redirect("mfa_index")
        return super().form_valid(form)


class RecoveryCodes(StaffPage, recovery_codes.ViewRecoveryCodesView):
    template_name = "staff/codes.html"
    title = "Recovery codes"


class NewRecoveryCodes(StaffPage, recovery_codes.GenerateRecoveryCodesView):
    template_name = "staff/new_codes.html"
    title = "New recovery codes?"


class ChangePassword(StaffPage, PasswordChangeView):
    form_class = forms.ChangePasswordForm
    template_name = "registration/password_change_form.html"
    success_url = reverse_lazy("mfa_index")
    title = "Change your password"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form):
        messages.success(self.request, "Your password is changed, and you are signed out everywhere else.")
        return super().form_valid(form)


@login_required
@require_POST
def end_session(request, name):
    """Sign oneself out on another device."""
    found = [session.key for session in sessions.of(request.user) if session.name == name]
    if not found:
        raise Http404
    Session.objects.filter(session_key__in=found).delete()
    messages.success(request, "Signed out there.")
    return redirect("mfa_index")
