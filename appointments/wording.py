"""The words of the messages to patients as they come with the site, in each language: {step: (subject, body)}.

Those in Spanish and Arabic are our own translation. Let somebody whose mother tongue it is read them before they go out.
"""

from .models import MessageTemplate

Step = MessageTemplate.Step
SUBJECT = "News about your request to {clinic}"
ENGLISH = {
    Step.ACKNOWLEDGEMENT: (
        "We have your request to {clinic}",
        """Thank you. We have your request, and our staff will read it.

We will contact you by: {promised_by}
Your reference: {reference}

It is a request, not an appointment yet. We agree on a day and a time when we talk.

See where your request stands, add a message or withdraw it:
{link}

If you want to talk to us, call {phone} and give your reference.""",
    ),
    Step.CONTACTING: (
        "We tried to call you, {clinic}",
        """We called you about your request and could not reach you. We will try again.

You can also call us: {phone}
Your reference: {reference}

Is another time better, or is your number wrong? Tell us here:
{link}""",
    ),
    Step.AWAITING_PATIENT: (
        SUBJECT,
        """To go on with your request, we need something from you.

Your page says what it is:
{link}

If something is not clear, please call us: {phone}
Your reference: {reference}""",
    ),
    Step.WAITLISTED: (
        SUBJECT,
        """You are on our waiting list. We will contact you as soon as a time is free.

Your reference: {reference}

If you no longer want to wait, or if it gets worse, please call us: {phone}

See where your request stands:
{link}""",
    ),
    Step.BOOKED: (
        SUBJECT,
        """Your appointment is booked. The date, the time, the place and how to get ready are on your page:
{link}

There you can also put it in your calendar, or cancel it if you cannot come.

Your reference: {reference}
Questions? Call us: {phone}""",
    ),
    Step.DECLINED: (
        SUBJECT,
        """We have an answer to your request. Please read it on your page:
{link}

Your reference: {reference}
If you want to talk about it, call us: {phone}""",
    ),
    Step.UNREACHABLE: (
        SUBJECT,
        """We tried several times to reach you about your request, and we could not. So we have closed it.

Do you still want an appointment? Please call us: {phone}
Your reference: {reference}

You can read more on your page:
{link}""",
    ),
}

ASUNTO = "Novedades sobre su solicitud a {clinic}"
SPANISH = {
    Step.ACKNOWLEDGEMENT: (
        "Hemos recibido su solicitud a {clinic}",
        """Gracias. Hemos recibido su solicitud y nuestro personal la va a leer.

Nos pondremos en contacto con usted antes de: {promised_by}
Su número de referencia: {reference}

Es una solicitud, todavía no es una cita. Acordaremos el día y la hora cuando hablemos con usted.

Vea cómo va su solicitud, añada un mensaje o retírela:
{link}

Si quiere hablar con nosotros, llame al {phone} y diga su número de referencia.""",
    ),
    Step.CONTACTING: (
        "Hemos intentado llamarle, {clinic}",
        """Le hemos llamado por su solicitud y no hemos podido hablar con usted. Lo intentaremos otra vez.

También puede llamarnos usted: {phone}
Su número de referencia: {reference}

¿Le conviene otra hora, o su número no es correcto? Díganoslo aquí:
{link}""",
    ),
    Step.AWAITING_PATIENT: (
        ASUNTO,
        """Para seguir con su solicitud, necesitamos algo de usted.

En su página dice qué es:
{link}

Si algo no está claro, llámenos: {phone}
Su número de referencia: {reference}""",
    ),
    Step.WAITLISTED: (
        ASUNTO,
        """Está usted en nuestra lista de espera. Le avisaremos en cuanto haya una hora libre.

Su número de referencia: {reference}

Si ya no quiere esperar, o si se encuentra peor, llámenos: {phone}

Vea cómo va su solicitud:
{link}""",
    ),
    Step.BOOKED: (
        ASUNTO,
        """Su cita está reservada. El día, la hora, el lugar y cómo prepararse están en su página:
{link}

Allí también puede ponerla en su calendario, o cancelarla si no puede venir.

Su número de referencia: {reference}
¿Preguntas? Llámenos: {phone}""",
    ),
    Step.DECLINED: (
        ASUNTO,
        """Tenemos una respuesta a su solicitud. Léala en su página, por favor:
{link}

Su número de referencia: {reference}
Si quiere hablar de ello, llámenos: {phone}""",
    ),
    Step.UNREACHABLE: (
        ASUNTO,
        """Hemos intentado varias veces hablar con usted sobre su solicitud, y no ha sido posible. Por eso la hemos cerrado.

¿Todavía quiere una cita? Llámenos: {phone}
Su número de referencia: {reference}

Puede leer más en su página:
{link}""",
    ),
}

NEWS_IN_ARABIC = "جديد بشأن طلبك لدى {clinic}"
ARABIC = {
    Step.ACKNOWLEDGEMENT: (
        "وصلنا طلبك إلى {clinic}",
        """شكرًا. وصلنا طلبك وسيقرؤه موظفونا.

نتواصل معك في موعد أقصاه: {promised_by}
رقم طلبك: {reference}

هذا طلب، وليس موعدًا بعد. نتفق على اليوم والساعة عندما نتحدث.

هنا ترى حالة طلبك، وتضيف رسالة، أو تسحب الطلب:
{link}

إذا أردت التحدث إلينا فاتصل بالرقم {phone} واذكر رقم طلبك.""",
    ),
    Step.CONTACTING: (
        "حاولنا الاتصال بك، {clinic}",
        """اتصلنا بك بشأن طلبك ولم نتمكن من الوصول إليك. سنحاول مرة أخرى.

يمكنك أيضًا أن تتصل بنا: {phone}
رقم طلبك: {reference}

هل يناسبك وقت آخر، أو هل رقمك غير صحيح؟ أخبرنا هنا:
{link}""",
    ),
    Step.AWAITING_PATIENT: (
        NEWS_IN_ARABIC,
        """لكي نتابع طلبك نحتاج إلى شيء منك.

تجد ما هو في صفحتك:
{link}

إذا كان هناك شيء غير واضح فاتصل بنا: {phone}
رقم طلبك: {reference}""",
    ),
    Step.WAITLISTED: (
        NEWS_IN_ARABIC,
        """أنت في قائمة الانتظار. نتواصل معك عندما يتوفر وقت.

رقم طلبك: {reference}

إذا لم تعد تريد الانتظار، أو ساءت حالتك، فاتصل بنا: {phone}

هنا ترى حالة طلبك:
{link}""",
    ),
    Step.BOOKED: (
        NEWS_IN_ARABIC,
        """موعدك محجوز. اليوم والساعة والمكان وكيف تستعد، كل ذلك في صفحتك:
{link}

هناك يمكنك أيضًا إضافته إلى تقويمك، أو إلغاؤه إذا لم تستطع الحضور.

رقم طلبك: {reference}
لديك أسئلة؟ اتصل بنا: {phone}""",
    ),
    Step.DECLINED: (
        NEWS_IN_ARABIC,
        """لدينا جواب على طلبك. اقرأه من فضلك في صفحتك:
{link}

رقم طلبك: {reference}
إذا أردت التحدث عن ذلك فاتصل بنا: {phone}""",
    ),
    Step.UNREACHABLE: (
        NEWS_IN_ARABIC,
        """حاولنا عدة مرات الوصول إليك بشأن طلبك، ولم نتمكن. لذلك أغلقناه.

هل ما زلت تريد موعدًا؟ اتصل بنا: {phone}
رقم طلبك: {reference}

تقرأ المزيد في صفحتك:
{link}""",
    ),
}

WORDS = {"en": ENGLISH, "es": SPANISH, "ar": ARABIC}
