"""Words that staff put into notes and answers, as the clinic keeps them."""

from django.contrib import admin

from ..models import ReadyText


@admin.register(ReadyText)
class ReadyTextAdmin(admin.ModelAdmin):
    list_display = ["title", "use", "text", "position"]
    sortable_by = ()
    actions = None
    show_full_result_count = False

    def lookup_allowed(self, lookup, value, request):
        return False
