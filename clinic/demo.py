"""The demo's place: a clinic that does not exist, open on weekdays and on Saturday mornings."""

from datetime import time, timedelta

from django.utils import timezone

from .models import ClinicProfile, Closure, OpeningHours, Service

PROFILE = {
    "name": "Harbor Lane Clinic",
    "tagline": "X-rays, scans and injections, explained in plain words.",
    "phone": "+1 212-555-0142",
    "emergency_number": "911",
    "email": "hello@harborlane.example.org",
    "address": "Harbor Lane Clinic (a demonstration)\n100 Example Street\nSampletown, NY 00000",
    "directions": (
        "The door is beside the pharmacy. There is a ramp on the left and a bell at wheelchair height. "
        "Bus 7 stops across the street. Parking is free for patients."
    ),
    "promise_hours": 8,
}
SERVICES = [
    ("imaging", "X-ray, fluoroscopy or another scan", "Pictures of the inside of your body, with or without movement."),
    ("injections", "An injection", "Medicine or contrast liquid given with a needle, sometimes guided by pictures."),
    ("barium", "A barium test", "A drink or a liquid that lets us see your throat, stomach or bowel."),
    ("child-imaging", "An X-ray or scan for a child", "For babies, children and teenagers. A parent can stay close."),
    ("question", "A question before you decide", "You are not sure what you need. We call you and explain."),
]
PREPARATION = {
    "imaging": "Bring your referral and earlier pictures, if you have any.\n\n"
    "Wear clothes without metal, and leave jewelry at home. Tell us if you are or may be pregnant.",
    "injections": "Bring a list of your medicines. Tell us if you take a blood thinner or have had an allergic reaction.\n\n"
    "Do not stop a medicine on your own. Plan a quiet hour afterward.",
    "barium": "Your stomach or bowel must be empty. When we call, we tell you from when on not to eat and drink.\n\n"
    "If you have diabetes, ask us before you change a meal or a medicine.",
    "child-imaging": "Bring a favorite toy or blanket. A parent can stay close.\n\nTell us if that parent may be pregnant.",
}
IN_OTHER_LANGUAGES = {
    "es": {
        "tagline": "Rayos X, imágenes e inyecciones, explicados en palabras sencillas.",
        "imaging": (
            "Rayos X, fluoroscopia u otra imagen",
            "Imágenes del interior de su cuerpo, con o sin movimiento.",
            "Traiga el volante de su médico y las imágenes anteriores, si las tiene.\n\n"
            "Venga con ropa sin metal y deje las joyas en casa. Díganos si está o podría estar embarazada.",
        ),
        "injections": (
            "Una inyección",
            "Medicina o líquido de contraste con una aguja, a veces guiada por imágenes.",
            "Traiga una lista de sus medicinas. Díganos si toma un anticoagulante o ha tenido una reacción alérgica.\n\n"
            "No deje ninguna medicina por su cuenta. Guarde una hora tranquila para después.",
        ),
        "barium": (
            "Una prueba con bario",
            "Una bebida o un líquido que nos deja ver la garganta, el estómago o el intestino.",
            "Su estómago o su intestino debe estar vacío. Cuando le llamemos, le decimos desde cuándo no debe comer ni beber.\n\n"
            "Si tiene diabetes, pregúntenos antes de cambiar una comida o una medicina.",
        ),
        "child-imaging": (
            "Rayos X u otra imagen para un niño",
            "Para bebés, niños y adolescentes. El padre o la madre puede quedarse cerca.",
            "Traiga un juguete o una manta que le guste. El padre o la madre puede quedarse cerca.\n\n"
            "Díganos si la madre podría estar embarazada.",
        ),
        "question": (
            "Una pregunta antes de decidir",
            "No está seguro de lo que necesita. Le llamamos y se lo explicamos.",
            "",
        ),
    },
    "ar": {
        "tagline": "الأشعة والفحوص المصوّرة والحقن، مشروحة بكلمات بسيطة.",
        "imaging": (
            "أشعة سينية أو تنظير بالأشعة أو تصوير آخر",
            "صور لداخل جسمك، مع حركة أو من دونها.",
            "أحضر تحويل طبيبك والصور السابقة إن وُجدت.\n\n"
            "ارتدِ ملابس بلا معدن واترك الحلي في البيت. أخبرينا إذا كنت حاملًا أو قد تكونين حاملًا.",
        ),
        "injections": (
            "حقنة",
            "دواء أو سائل تباين يُعطى بإبرة، أحيانًا بتوجيه من الصور.",
            "أحضر قائمة بأدويتك. أخبرنا إذا كنت تتناول دواءً مميّعًا للدم أو حدث لك تفاعل تحسسي.\n\n"
            "لا توقف دواءً من نفسك. خصص ساعة هادئة بعد الحقنة.",
        ),
        "barium": (
            "فحص بالباريوم",
            "شراب أو سائل يتيح لنا رؤية الحلق أو المعدة أو الأمعاء.",
            "يجب أن تكون المعدة أو الأمعاء فارغة. عندما نتصل بك نقول لك متى تتوقف عن الأكل والشرب.\n\n"
            "إذا كان لديك سكري فاسألنا قبل أن تغيّر وجبة أو دواءً.",
        ),
        "child-imaging": (
            "أشعة أو تصوير لطفل",
            "للرضّع والأطفال والمراهقين. يمكن لأحد الوالدين أن يبقى قريبًا.",
            "أحضر لعبة أو بطانية يحبها. يمكن لأحد الوالدين أن يبقى قريبًا.\n\nأخبرونا إذا كانت الأم قد تكون حاملًا.",
        ),
        "question": ("سؤال قبل أن تقرر", "لست متأكدًا مما تحتاج إليه. نتصل بك ونشرح.", ""),
    },
}
WEEKDAYS, SATURDAY = range(5), 5


def is_empty():
    """Whether nobody has entered anything about a clinic yet."""
    return not (ClinicProfile.objects.exists() or OpeningHours.objects.exists() or Service.objects.exists())


def load():
    profile = ClinicProfile.objects.create(pk=1, **PROFILE)
    for weekday in WEEKDAYS:
        OpeningHours.objects.create(weekday=weekday, opens=time(8, 30), closes=time(12, 30))
        OpeningHours.objects.create(weekday=weekday, opens=time(13, 15), closes=time(17))
    OpeningHours.objects.create(weekday=SATURDAY, opens=time(9), closes=time(12))
    first_day = timezone.localdate() + timedelta(days=17)
    Closure.objects.create(first_day=first_day, last_day=first_day + timedelta(days=1), reason="Staff training days")
    for position, (slug, name, description) in enumerate(SERVICES, start=1):
        Service.objects.create(
            slug=slug,
            name=name,
            description=description,
            preparation=PREPARATION.get(slug, ""),
            position=position * 10,
        )
    for language, words in IN_OTHER_LANGUAGES.items():
        profile.words.create(language=language, tagline=words["tagline"])
        for service in Service.objects.all():
            name, description, preparation = words[service.slug]
            service.words.create(language=language, name=name, description=description, preparation=preparation)
