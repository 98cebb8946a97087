"""The place as staff edit it: who we are, when we are open, what we offer, who works here."""

from itertools import pairwise

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.checks import InlineModelAdminChecks
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms.models import BaseModelFormSet, modelformset_factory
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django_tasks_db.admin import DBTaskResult

from appointments.duty import Rota

from .context import profile_for
from .models import ClinicProfile, ClinicWords, Closure, OpeningHours, Service, ServiceWords
from .narrow import NarrowList
from .staff import again, second_factor, sessions
from .staff.roles import ROLES
from .words_admin import WordsInline


class NoRelationChecks(InlineModelAdminChecks):
    def _check_relation(self, obj, parent_model):
        return []

    def _check_exclude_of_parent_model(self, obj, parent_model):
        return []


class OfTheClinic(BaseModelFormSet):
    """All rows of a table: there is one clinic, so they need no key to say whose they are."""

    def __init__(self, data=None, files=None, instance=None, save_as_new=False, **kwargs):
        super().__init__(data, files, **kwargs)


class Week(OfTheClinic):
    def clean(self):
        super().clean()
        filled = {"weekday", "opens", "closes"}
        kept = [form for form in self.forms if form not in self.deleted_forms and filled <= form.cleaned_data.keys()]
        kept.sort(key=lambda form: (form.instance.weekday, form.instance.opens))
        for first, second in pairwise(kept):
            if first.instance.overlaps(second.instance):
                second.add_error("opens", f"These hours overlap others of the same day, {first.instance}.")


class RowsOfTheClinic(admin.TabularInline):
    """Edited on the clinic's page like an inline, without the foreign key of one."""

    checks_class = NoRelationChecks
    template = "admin/clinic/rows.html"
    formset = OfTheClinic
    extra = 1

    def get_formset(self, request, obj=None, **kwargs):
        return modelformset_factory(
            self.model,
            form=self.form,
            formset=self.formset,
            fields=self.fields,
            extra=self.extra,
            can_delete=self.has_delete_permission(request, obj),
        )


class OpeningHoursForm(forms.ModelForm):
    class Meta:
        model = OpeningHours
        fields = ["weekday", "opens", "closes"]
        widgets = {
            "opens": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "closes": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }


class ClosureForm(forms.ModelForm):
    class Meta:
        model = Closure
        fields = ["first_day", "last_day", "reason"]
        widgets = {
            "first_day": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "last_day": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }


class OpeningHoursInline(RowsOfTheClinic):
    model, form, formset = OpeningHours, OpeningHoursForm, Week
    verbose_name, verbose_name_plural = "row", "opening hours"
    fields = ["weekday", "opens", "closes"]


class ClosureInline(RowsOfTheClinic):
    model, form = Closure, ClosureForm
    verbose_name, verbose_name_plural = "row", "closures"
    fields = ["first_day", "last_day", "reason"]


class ClinicWordsInline(WordsInline):
    model = ClinicWords


class ServiceWordsInline(WordsInline):
    model = ServiceWords


@admin.register(ClinicProfile)
class ClinicProfileAdmin(admin.ModelAdmin):
    """One page for the whole place: who we are, when we are open, when we are closed."""

    fieldsets = [
        (None, {"fields": ["name", "tagline"]}),
        ("How patients reach us", {"fields": ["phone", "emergency_number", "email", "address", "directions"]}),
        ("What we promise", {"fields": ["promise_hours"]}),
        (
            "The request form",
            {
                "fields": [
                    "paused",
                    "paused_until",
                    "pause_message",
                    "daily_cap",
                    "acknowledge",
                    "warning_phrases",
                ]
            },
        ),
    ]
    inlines = [OpeningHoursInline, ClosureInline, ClinicWordsInline]
    formfield_overrides = {
        models.TextField: {"widget": forms.Textarea(attrs={"rows": 4, "cols": 60})},
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
    }

    def changelist_view(self, request, extra_context=None):
        """There is one clinic: straight to its form."""
        if self.model.objects.filter(pk=1).exists():
            return redirect("admin:clinic_clinicprofile_change", 1)
        return redirect("admin:clinic_clinicprofile_add")

    def has_add_permission(self, request):
        return super().has_add_permission(request) and profile_for(request)._state.adding

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        obj.pk = 1
        super().save_model(request, obj, form, change)


@admin.register(Service)
class ServiceAdmin(NarrowList, admin.ModelAdmin):
    list_display = ["name", "description", "active", "promise", "position"]
    fields = ["name", "slug", "description", "active", "position", "promise_hours", "preparation", "told"]
    readonly_fields = ["told"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [ServiceWordsInline]
    sortable_by = ()
    actions = None

    @admin.display(description="Contact within", empty_value="As the clinic promises")
    def promise(self, service):
        return f"{service.promise_hours} opening hours" if service.promise_hours else None

    @admin.display(description="Told of requests")
    def told(self, service):
        """Chosen at the recipients: each says which services are theirs."""
        return ", ".join(map(str, Rota().everybody_for(service))) if service.pk else "Chosen at each recipient"


# Staff see deliveries; the tasks that carry them mean nothing to a clinic. What a sign-in is made of is seen by nobody.
admin.site.unregister([get_user_model(), Group, DBTaskResult, Authenticator, EmailAddress])


GIVEN_BY_OTHERS = ["is_active", "is_staff", "groups", "user_permissions"]


@admin.register(get_user_model())
class StaffAdmin(NarrowList, UserAdmin):
    """Who works here. What somebody may do comes from roles, so that it can be read at a glance."""

    filter_horizontal = ()
    formfield_overrides = {models.ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    show_facets = admin.ShowFacets.NEVER
    list_display = ["username", "first_name", "last_name", "roles", "is_active"]
    list_filter = ["is_active", "groups"]
    lookups = ("is_active__exact", "groups__id__exact", "groups__isnull")
    readonly_fields = ["last_login", "date_joined", "second_factor"]  # the stock inputs of date and time have no labels
    fieldsets = [
        (None, {"fields": ["username", "password", "second_factor"]}),
        ("Person", {"fields": ["first_name", "last_name", "email"]}),
        ("What they may do", {"fields": ["is_active", "is_staff", "is_superuser", "groups"]}),
        ("When", {"fields": ["last_login", "date_joined"]}),
    ]
    sortable_by = ()
    actions = None

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_urls(self):
        view = self.admin_site.admin_view(self.reset_view)
        return [path("<int:pk>/second-factor/", view, name="auth_user_reset_second_factor"), *super().get_urls()]

    def has_change_permission(self, request, obj=None):
        """A manager gives roles, and is never above who runs the site."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not above

    # Roles, passwords and second factors of others: whoever has signed in long ago is asked once more.

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        asked = again.asked(request) if self.may_save(request, object_id) else None
        return asked or super().changeform_view(request, object_id, form_url, extra_context)

    def user_change_password(self, request, id, form_url=""):
        asked = again.asked(request) if self.may_save(request, id) else None
        return asked or super().user_change_password(request, id, form_url)

    def may_save(self, request, object_id):
        if object_id is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, self.get_object(request, unquote(object_id)))

    def has_delete_permission(self, request, obj=None):
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_delete_permission(request, obj) and not above

    def is_own_row(self, request, obj):
        """Whose rights are given by somebody else. Who runs the site has all of them already."""
        return obj is not None and obj == request.user and not obj.is_superuser

    def get_readonly_fields(self, request, obj=None):
        above = [] if request.user.is_superuser else ["is_superuser"]
        return [*self.readonly_fields, *above, *(GIVEN_BY_OTHERS if self.is_own_row(request, obj) else [])]

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if not self.is_own_row(request, obj):
            return fieldsets
        why = {"description": "Nobody gives roles to themselves. Another manager does, or who runs the site."}
        return [(name, options | (why if "groups" in options["fields"] else {})) for name, options in fieldsets]

    @admin.display(description="Roles")
    def roles(self, person):
        return ", ".join(group.name for group in person.groups.all()) or ("Everything" if person.is_superuser else "–")

    @admin.display(description="Second factor")
    def second_factor(self, person):
        if not person.pk:
            return "–"
        address = reverse("admin:auth_user_reset_second_factor", args=[person.pk])
        has = second_factor.summary(person)
        return format_html('{} <a class="button" href="{}">Reset</a>', has, address) if has else "None set up"

    def save_model(self, request, obj, form, change):
        """New people work here: the page for adding them need not ask."""
        obj.is_staff = obj.is_staff or not change
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        """Who gets or loses a role signs in anew, everywhere."""
        super().save_related(request, form, formsets, change)
        if change and {"groups", "is_superuser", "is_staff", "is_active"} & set(form.changed_data):
            sessions.end(form.instance, but=request.session.session_key)

    def reset_view(self, request, pk):
        person = get_object_or_404(get_user_model(), pk=pk)
        if not self.has_change_permission(request, person):
            raise PermissionDenied
        if asked := again.asked(request):
            return asked
        has = second_factor.summary(person)
        if request.method == "POST":
            second_factor.reset(person)
            sessions.end(person, but=request.session.session_key)
            self.log_change(request, person, f"Reset the second factor ({has or 'there was none'}).")
            messages.success(request, f"{person}: reset. They set up a new one when they sign in.")
            return redirect("admin:auth_user_change", person.pk)
        context = {"title": "Reset the second factor?", "person": person, "has": has, "opts": self.opts}
        return TemplateResponse(
            request,
            "admin/auth/user/reset_second_factor.html",
            {**self.admin_site.each_context(request), **context},
        )


@admin.register(Group)
class RoleAdmin(NarrowList, GroupAdmin):
    """The site's own roles stand as clinic/staff/roles.py says; a clinic's own are its own."""

    filter_horizontal = ()

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and getattr(obj, "name", None) not in ROLES

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and getattr(obj, "name", None) not in ROLES
