"""The pictures of the pages for people, docs/for-*.md: which part of the demo each shows. screenshots.py takes them."""

from dataclasses import dataclass

PATIENT, STAFF = "patient", "staff"
A_REQUEST = "a.reference[href*='/appointmentrequest/'][href$='/change/'], .call-list a[href*='/appointmentrequest/']"


@dataclass(frozen=True)
class Picture:
    address: str
    size: tuple = (1100, 760)
    who: str = STAFF
    first: str = ""  # a link on that page to follow
    part: str = ""  # this alone, not the whole page


PICTURES = {
    # for the receptionist
    "sign-in": Picture("/admin/login/", (900, 640), PATIENT),
    "desk": Picture("/admin/", (1100, 900)),
    "request": Picture("/admin/", (1100, 900), first=A_REQUEST),
    "attempt": Picture("/admin/", (1100, 880), first=A_REQUEST, part=".request-steps"),
    "requests": Picture("/admin/appointments/appointmentrequest/", (1100, 700)),
    # for the editor
    "guides": Picture("/admin/education/guide/", (1100, 640)),
    "guide-form": Picture("/admin/education/guide/", (1280, 860), first="#result_list tbody th a"),
    "guide-page": Picture("/guides/fluoroscopy/", (900, 860), PATIENT),
    "picture-library": Picture("/admin/education/picture/", (1100, 620)),
    # for the clinic's manager
    "clinic-profile": Picture("/admin/clinic/clinicprofile/1/change/", (1100, 760)),
    "recipients": Picture("/admin/appointments/recipient/", (1100, 820), first="#result_list tbody th a"),
    "users": Picture("/admin/auth/user/add/", (1100, 900)),
    "statistics": Picture("/admin/statistics/", (1100, 820)),
}
