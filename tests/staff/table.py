"""Who may what: every address of the site, by method and role. A route that is missing here fails test_table.py.

Letters stand for who is let through: T triage, L lead, E editor, C clinical reviewer, P publisher, A auditor,
M clinic manager, S superuser. `staff` is
all of them, `*` everybody, signed in or not, `-` nobody. Staff who are not named are refused (403, or 404 and 405
where there is nothing for them); who is not signed in is sent to the door by every address below admin/ but those of `*`.
"""

from education import leaflet

ROUTES = """
                                                                    GET     POST
''                                                                  *       -
guides/                                                             *       -
guides/search/                                                      *       -
guides/a-z/                                                         *       -
guides/a-z/<str:letter>/                                            *       -
guides/words/                                                       *       -
guides/topic/<slug:slug>/                                           *       -
guides/<slug:slug>/                                                 *       -
guides/<slug:slug>/read/                                            *       -
guides/worker.js                                                    *       -
accessibility/                                                      *       -
drafts/<str:token>/                                                 *       *
request/                                                            *       *
request/sent/<slug:secret>/                                         *       -
request/status/<slug:secret>/                                       *       -
request/status/<slug:secret>/message/                               *       *
request/status/<slug:secret>/another-time/                          *       *
request/status/<slug:secret>/withdraw/                              *       *
request/status/<slug:secret>/appointment.ics                        -       -
privacy/                                                            *       -
media/<path:path>                                                   -       -
healthz                                                             *       -
readyz                                                              *       -
metrics                                                             -       -
robots.txt                                                          *       -
sitemap.xml                                                         *       -
sitemap-pages.xml                                                   *       -
sitemap-guides-<int:file>.xml                                       *       -
guides/<slug:slug>/clear/                                           -       -
guides/<slug:slug>/clear/<str:token>/                               -       -
guides/feed.atom                                                    *       -
guides/<slug:slug>/leaflet.pdf                                      *       -
guides/<slug:slug>/card.png                                         *       -
favicon.ico                                                         *       -

admin/login/                                                        *       *
admin/login/code/                                                   staff   staff
admin/login/passkey/                                                staff   staff
admin/logout/                                                       -       staff
admin/password_change/                                              staff   staff
admin/password_change/done/                                         staff   -
admin/account/                                                      staff   -
admin/account/again/password/                                       staff   staff
admin/account/again/code/                                           staff   staff
admin/account/again/passkey/                                        staff   staff
admin/account/app/                                                  staff   staff
admin/account/app/remove/                                           -       -
admin/account/passkey/                                              staff   staff
admin/account/passkey/<int:pk>/remove/                              -       -
admin/account/codes/                                                -       -
admin/account/codes/new/                                            staff   staff
admin/account/sessions/<slug:name>/end/                             -       -

admin/                                                              staff   staff
admin/^(?P<app_label>clinic|auth|education|appointments)/$          TLAMS   TLAMS
admin/(?P<url>.*)$                                                  -       -
admin/autocomplete/                                                 -       -
admin/jsi18n/                                                       staff   -
admin/r/<path:content_type_id>/<path:object_id>/                    -       -
admin/mail/                                                         -       -
admin/mail/<str:file>/<int:number>/                                 -       -

admin/desk/                                                         staff   staff
admin/still-here/                                                   staff   -
admin/statistics/                                                   LS      LS
admin/appointments/appointmentrequest/export/                       LS      LS
admin/appointments/appointmentrequest/many/<slug:slug>/             TLS     TLS
admin/appointments/appointmentrequest/search/                       TLS     TLS
admin/appointments/appointmentrequest/<int:pk>/claim/               TLS     TLS
admin/appointments/appointmentrequest/<int:pk>/release/             TLS     TLS
admin/appointments/appointmentrequest/<int:pk>/step/<slug:slug>/    TLS     TLS
admin/appointments/appointmentrequest/<int:pk>/here/                -       TLS
admin/appointments/appointmentrequest/<int:pk>/same/<int:other_pk>/ TLS     TLS
admin/appointments/appointmentrequest/<path:object_id>/history/     staff   staff
admin/appointments/accessevent/request/<str:reference>/             AS      AS
admin/appointments/accessevent/person/<int:pk>/                     AS      AS
admin/appointments/purgerun/                                        LS      LS
admin/appointments/erasure/                                         LS      LS
admin/appointments/delivery/<path:object_id>/history/               staff   staff
admin/appointments/delivery/<int:pk>/send-again/                    TLS     TLS
admin/appointments/delivery/<int:pk>/dismiss/                       TLS     TLS
admin/appointments/recipient/test-mail/                             TLS     -
admin/auth/user/<id>/password/                                      MS      MS
admin/auth/user/<int:pk>/second-factor/                             MS      MS
admin/clinic/clinicprofile/                                         staff   staff
admin/education/feedback/guide/<int:pk>/                            ES      -
admin/education/guide/still-here/                                   ES      ES
admin/education/picture/<int:pk>/small/                             ES      -
admin/education/guide/<int:pk>/compare/                             ECPS    -
admin/education/guide/<int:pk>/history/<int:entry>/                 ECPS    -
admin/education/guide/<int:pk>/history/<int:entry>/restore/         ES      ES
admin/education/guide/<int:pk>/schedule/                            PS      PS
admin/education/guide/<int:pk>/preview/                             ECPS    ECPS
admin/education/guide/<int:pk>/preview/<int:number>/                ECPS    ECPS
admin/education/guide/<int:pk>/ask-review/                          ES      ES
admin/education/guide/<int:pk>/translate/<slug:language>/           -       ES
admin/education/guide/<int:pk>/up-to-date/                          -       ES
admin/education/guide/<int:pk>/take-back/                           -       ES
admin/education/guide/<int:pk>/review/                              CS      CS
admin/education/guide/<int:pk>/links/                               ES      ES
admin/education/guide/<int:pk>/links/<int:link_pk>/revoke/          -       ES
admin/education/guide/<int:pk>/comments/<int:comment_pk>/done/      -       ES
admin/education/guide/<int:pk>/letters/<int:letter_pk>/send-again/  -       ES
admin/education/guide/<int:pk>/letters/<int:letter_pk>/dismiss/     -       ES
admin/education/guide/<int:pk>/publish/                             PS      PS
admin/education/guide/import/                                       ES      ES
admin/education/guide/<int:pk>/export/<slug:format>/                ECPS    -
admin/education/guide/<int:pk>/restore/<int:number>/                ES      ES
admin/education/guide/<int:pk>/withdraw/                            PS      PS
"""

# The five pages that the admin gives each model. A line above wins.
MODELS = """
                                    view    add     change  delete
appointments/accessevent            AS      -       -       -
appointments/appointmentrequest     TLS     -       -       -
appointments/delivery               TLS     -       -       -
appointments/messagetemplate        MS      MS      MS      -
appointments/recipient              MS      MS      MS      MS
appointments/readytext              LMS     LMS     LMS     LMS
auth/group                          MS      S       S       S
auth/user                           MS      MS      MS      S
clinic/clinicprofile                MS      -       MS      -
clinic/service                      MS      MS      MS      S
education/feedback                  ES      -       -       ES
education/glossaryterm              ES      ES      ES      ES
education/guide                     ECPS    ES      ES      -
education/picture                   ES      ES      ES      ES
education/topic                     ES      ES      ES      ES
"""


def rows(text):
    return [line.split() for line in text.splitlines()[2:] if line]


def table():
    """{route: {"GET": letters, "POST": letters}}"""
    found = {}
    for model, view, add, change, delete in rows(MODELS):
        for page, get, post in [
            ("", view, view),
            ("add/", add, add),
            ("<path:object_id>/history/", view, view),
            ("<path:object_id>/delete/", delete, delete),
            ("<path:object_id>/change/", view, change),
            ("<path:object_id>/", "staff", "staff"),
        ]:
            found[f"admin/{model}/{page}"] = {"GET": get, "POST": post}
    for route, get, post in rows(ROUTES):
        found[route.strip("'")] = {"GET": get, "POST": post}
    if not leaflet.available():  # it is an optional extra
        found["guides/<slug:slug>/leaflet.pdf"] = {"GET": "-", "POST": "-"}
    return found
