"""The words of the messages to patients as they come with the site, in each language: {step: (subject, body)}.

The Spanish ones are our own translation. Let somebody whose mother tongue it is read them before they go out.
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

Vea cómo va su solicitud, añada un mensaje o retírela (la página está en inglés):
{link}

Si quiere hablar con nosotros, llame al {phone} y diga su número de referencia.""",
    ),
    Step.CONTACTING: (
        "Hemos intentado llamarle, {clinic}",
        """Le hemos llamado por su solicitud y no hemos podido hablar con usted. Lo intentaremos otra vez.

También puede llamarnos usted: {phone}
Su número de referencia: {reference}

¿Le conviene otra hora, o su número no es correcto? Díganoslo aquí (la página está en inglés):
{link}""",
    ),
    Step.AWAITING_PATIENT: (
        ASUNTO,
        """Para seguir con su solicitud, necesitamos algo de usted.

En su página dice qué es (está en inglés):
{link}

Si algo no está claro, llámenos: {phone}
Su número de referencia: {reference}""",
    ),
    Step.WAITLISTED: (
        ASUNTO,
        """Está usted en nuestra lista de espera. Le avisaremos en cuanto haya una hora libre.

Su número de referencia: {reference}

Si ya no quiere esperar, o si se encuentra peor, llámenos: {phone}

Vea cómo va su solicitud (la página está en inglés):
{link}""",
    ),
    Step.BOOKED: (
        ASUNTO,
        """Su cita está reservada. El día, la hora, el lugar y cómo prepararse están en su página (en inglés):
{link}

Allí también puede ponerla en su calendario, o cancelarla si no puede venir.

Su número de referencia: {reference}
¿Preguntas? Llámenos: {phone}""",
    ),
    Step.DECLINED: (
        ASUNTO,
        """Tenemos una respuesta a su solicitud. Léala en su página, por favor (está en inglés):
{link}

Su número de referencia: {reference}
Si quiere hablar de ello, llámenos: {phone}""",
    ),
    Step.UNREACHABLE: (
        ASUNTO,
        """Hemos intentado varias veces hablar con usted sobre su solicitud, y no ha sido posible. Por eso la hemos cerrado.

¿Todavía quiere una cita? Llámenos: {phone}
Su número de referencia: {reference}

Puede leer más en su página (está en inglés):
{link}""",
    ),
}

WORDS = {"en": ENGLISH, "es": SPANISH}
