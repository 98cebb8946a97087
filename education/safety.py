"""What speaks of safety and so must be in plain sight: lists of words, one for each language that has one. Pure, no models.

A list finds more than it must: words that are shown hurt nobody. For a language without a list, house_rules.py lets only that
be folded away which the original folds away.
"""

import re
import unicodedata
from dataclasses import dataclass

LOOKS_ALIKE = str.maketrans({"ى": "ي", "ـ": None})


def plain(text):
    """Without accents and vowel signs, which are often left out: “lláme” is “llame”, “أخبر” is “اخبر”."""
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(LOOKS_ALIKE)


def any_of(*patterns):
    """Each begins with a word: so all of them are tried there alone, which is quick in a long text."""
    return re.compile(rf"\b(?:{'|'.join(patterns)})", re.IGNORECASE)


@dataclass(frozen=True)
class SafetyWords:
    heading: re.Pattern  # one of this kind speaks of safety with all that stands below it
    words: re.Pattern
    step: re.Pattern  # who is to be called or seen, what must not be done: safety where the same sentence says …
    condition: re.Pattern  # … when, or that it cannot wait
    is_plain: bool = True  # whether its patterns are for plain() text

    def are_in(self, sentence):
        parts = re.split(r"(?<=[.!?؟…])\s+", plain(sentence)) if self.is_plain else [sentence]
        return any(
            self.words.search(part) or (self.step.search(part) and self.condition.search(part)) for part in parts
        )

    def are_in_heading(self, heading):
        return bool(self.heading.search(plain(heading) if self.is_plain else heading))


# English --------------------------------------------------------------------------------------------------------------

SAFETY_HEADING = any_of(
    r"risks?\b|safe(?:ty)?\b|pregnan|expecting a\b|breast[- ]?feed|side effects?\b|complications?\b|warnings?\b",
    r"dangers?\b|emergenc|when to (?:get|seek|call|see)|get help\b|call us\b|tell us\b|who (?:should|must|can) ?not\b",
)
DIAL = r"(?:call|phone|ring|dial|telephone)"
SAFETY_WORDS = any_of(
    r"risks?\b|pregnan\w*|side effects?|complications?\b|danger(?:s|ous)?\b|unsafe\b|emergenc\w*|get help\b",
    r"(?:expecting|carrying|trying for) (?:a|your|another) (?:baby|child)\b|unborn\b|missed (?:a|your) period\b",
    rf"{DIAL} (?:911|999|112|000|1\d\d|your doctor|a doctor|(?:for )?an ambulance|the ambulance)\b|call us\b|dial \+?\d",
    r"(?-i:\bER\b|\bA and E\b)|A ?& ?E\b|casualty (?:department|unit)\b|paramedics?\b",
    r"trouble breathing\b|severe reactions?\b|life[- ]threatening\b|warning signs?\b|breast[- ]?(?:feed|milk)\w*",
    r"allergic\b|allerg(?:y|ies)\b(?! tests?\b)|nursing (?:a|your) (?:baby|child)\b",
    r"get (?:medical|urgent|emergency) (?:help|advice|care|attention)\b",
    r"seek (?:\w+ )?(?:help|advice|care|attention|treatment|assistance)\b",
    r"(?:cannot|can['’]t|hard to|struggle to|difficulty) breath(?:e|ing)\b",
)
STAFF = (
    "doctor|gp|physician|consultant|specialist|nurse|midwife|dentist|pharmacist|radiographer|radiologist|sonographer|"
    "technologist|technician|assistant|x-ray worker|receptionist|clinic|hospital|surgery|ward|team|staff|practice|"
    "emergency|department"
)
CARE_STEP = any_of(
    r"(?:call|phone|ring|contact|tell|inform|alert|warn|let|see|(?:speak|talk) (?:to|with)|(?:go|come)(?: (?:straight|right|back))? to) "
    r"(?:us\b|some(?:one|body)\b|any(?:one|body)\b|(?:the|an?|your|our|any)\b"
    rf"(?: [\w-]+){{0,2}}? (?:{STAFF})\b)(?! (?:which|what|how|where)\b)",
    # “If you do not have a lift home” forbids nothing.
    r"(?<!you )(?<!they )(?<!we )\b(?:do not|don['’]t|must not|mustn['’]t|should not|shouldn['’]t|may not|never) "
    r"(?:have|get|undergo|take(?! off)|be given|use|start|stop|come|go ahead|go home|eat|drink|drive|lift)\b",
    r"you (?:must not|mustn['’]t|should not|shouldn['’]t|may not|cannot|can['’]t) (?:have|undergo|be given) (?:this|the|an?|it)\b",
    r"(?:is|are) not (?:suitable|safe|right|for you|recommended|advised)\b|not a good idea\b",
)
CANNOT_WAIT = any_of(
    r"(?:if|unless)\b(?! you(?:['’]d| would)? (?:want|like|prefer|wish))|(?:at once|straight ?away|right away|immediately)\b",
    r"(?:without delay|urgently|promptly|the same day|as soon as)\b",
)

# Spanish --------------------------------------------------------------------------------------------------------------

ES_HEADING = any_of(
    r"riesgos?\b|seguridad\b|(?:es|son) segur[oa]s?\b|embaraz|gestacion|lactancia|amamant|dar (?:el )?pecho",
    r"efectos (?:secundarios|adversos|no deseados)|complicacion|advertencia|peligro|emergencia|urgen",
    r"cuando (?:pedir|buscar|llamar|acudir|consultar|avisar|ir al?)\b|(?:pida|busque) ayuda|(?:llame|avise|diga|informe|consulte)nos\b",
    r"quien(?:es)? no (?:debe|puede)",
)
ES_WORDS = any_of(
    r"riesgos?\b|embaraz\w*|encinta\b|gestante|gestacion|espera(?:r|ndo)? (?:un|una|otro|otra) (?:bebe|hij|nin)",
    r"lactancia|lactante|amamant\w*|d(?:ar?|e|ando|oy) (?:el |de )?(?:pecho|mamar)\b|leche (?:materna|de (?:la )?madre)",
    r"efectos? (?:secundario|adverso|no deseado)s?|complicacion\w*|peligro\w*|emergencias?\b|urgen(?:cias?|tes?|temente)\b",
    r"(?:pid[ae]n?|pedir|busque[n]?|busca|buscar|solicite|solicitar) (?:\w+ )?(?:ayuda|atencion|auxilio|asistencia)\b",
    r"(?:llam|marc|marqu|telefone)(?:e|en|a|ar|ando|ue|uen)\b (?:\w+ ){0,3}?(?:\d{3}\b|doctora?\b|medic[oa]\b|ambulancia\b)",
    r"marque \+?\d|llame(?:n)?nos\b|ambulancia",
    r"(?:dificultad|problemas|trabajo) (?:para|al) respirar|(?:no|apenas) (?:puede[ns]?|logra[n]?) (?:respirar|hablar|tragar)\b",
    r"cuesta (?:mucho )?respirar|falta (?:de aire|el aire)|reaccion(?:es)? (?:\w+ )?(?:grave|sever)|alergic[oa]s?\b",
    r"(?<!prueba de )(?<!pruebas de )\balergias?\b|(?:senal|signo|sintoma)(?:s|es)? de (?:alarma|alerta|advertencia|peligro)",
)
ES_STEP = any_of(
    r"(?:avise|diga|informe|cuente|consulte|hable|comunique|comente|contacte)(?:n)?(?:nos|le|les|noslo|selo|lo)\b(?! (?:cual|cuales|como|donde)\b)",
    r"(?:avise|diga|informe|consulte|hable|llame|contacte|comuniquese|pongase en contacto|acuda|vaya|vuelva|regrese|visite|vea)n? "
    r"(?:de inmediato |enseguida |rapido )?(?:a|al|con|en)\b",
    r"consulte (?:su|el|la|un|una)\b",
    r"no (?:se (?:haga|someta|ponga)|debe(?:n)? (?:hacerse|tomar|someterse|recibir|comer|beber|conducir)|puede(?:n)? (?:hacerse|someterse)|"
    r"tome|venga|coma|beba|use|conduzca|deje de|suspenda)\b|\bno (?:es|esta) (?:segur[oa]|recomenda\w+|adecuad[oa]|indicad[oa])\b",
)
ES_CONDITION = any_of(
    r"(?:si|a menos que|salvo que|en caso de)\b(?! (?:lo |le |usted )?(?:quiere|desea|prefiere|gusta|gustaria)\b)",
    r"(?:de inmediato|inmediatamente|enseguida|en seguida|cuanto antes|lo antes posible|sin demora|sin esperar|ahora mismo|ya mismo)\b",
    r"el mismo dia\b|en cuanto\b|tan pronto\b",
)

# Arabic: “and”, “in”, “for” and “the” are written as one with the word that follows. -----------------------------------

JOINED = r"[وفبكل]{0,2}(?:ال|ل)?"
AR_RISK = rf"{JOINED}(?:خطر|خطور|خطير|مخاطر|اخطار|مضاعف|تحذير)\w{{0,3}}\b"
AR_PREGNANT = rf"{JOINED}(?:حمل|حامل|حوامل|حبلي)(?:ا|ك|ها|كن|ات|ين)?\b"
AR_BABY = rf"{JOINED}(?:رضاع|ارضاع|[تي]رضع|مرضع)\w{{0,4}}\b|(?:حليب|لبن) (?:ال)?(?:ام|ثدي)\b"
AR_EMERGENCY = rf"{JOINED}(?:طواري|طاري|اسعاف|عاجل)\w{{0,3}}\b"
AR_HEADING = any_of(
    AR_RISK,
    AR_PREGNANT,
    AR_BABY,
    AR_EMERGENCY,
    rf"{JOINED}(?:سلام(?:ة|تك)|امان|امن|امنة|مامون|مامونة)\b|جانبي(?:ة)?\b",
    r"متي (?:تطلب|تتصل|تراجع|تذهب|تحتاج|يجب)|(?:اطلب|اطلبي|اتصل|اتصلي|اخبرنا|اخبرينا|ابلغنا|ابلغينا)\b",
)
AR_WORDS = any_of(
    AR_RISK,
    AR_PREGNANT,
    AR_BABY,
    AR_EMERGENCY,
    rf"{JOINED}(?:اثار|اعراض|تاثيرات) (?:ال)?جانبي|[تي]هدد (?:ال)?حيا",
    r"(?:اطلب|اطلبي|اطلبوا|طلب|التمس) (?:\w+ )?(?:ال)?(?:مساعد|نجد|عناي|رعاي|عون)\w*|(?:مساعد|رعاي|عناي)ة طبية",
    r"[وف]?(?:اتصل|اتصلي|اتصلوا|الاتصال|اتصال|اطلب|اطلبي|هاتف) (?:\w+ ){0,3}?(?:\d{3}|بنا\b|بال?طبيب|بطبيب|علي \d)",
    rf"(?<!اختبار )(?<!فحص ){JOINED}حساسي|{JOINED}(?:تحسس|متحسس)\w{{0,3}}\b",
    rf"{JOINED}(?:صعوب|ضيق|مشكل|مشاكل)\w* (?:\w+ )?(?:في )?(?:ال)?(?:تنفس|نفس)\b|(?:لا|لم|لن) (?:[تي]ستطيع|[تي]قدر|تتمكن)\w* (?:من |ان )?(?:ال)?[تي]?(?:تنفس|كلام|تكلم|بلع)",
)
AR_STEP = any_of(
    r"[وف]?(?:اخبر|ابلغ|اعلم|راجع|استشر|كلم|اتصل|توجه|اذهب|عد)(?:ي|وا|نا|ينا|ونا)?\b(?! (?:اي|كيف|اين)\b)",
    r"لا (?:تجر|تجري|تاخذ|تاخذي|تتناول|تتناولي|تاكل|تاكلي|تشرب|تشربي|تخضع|تخضعي|تستخدم|تستخدمي|تستعمل|تقد|توقف|توقفي|تات|تاتي)\b",
    r"(?:لا (?:ينصح|يجوز|يناسب|يمكنك اجراء)|غير (?:مناسب|امن|مامون))",
)
AR_CONDITION = any_of(
    r"[وف]?(?:اذا|لو|ان كنت|ان كان|ما لم|الا اذا)\b(?! (?:اردت|رغبت|احببت|شئت|شيت|كنت ترغب|كنت تريد)\w*)",
    r"(?:فورا|حالا|علي الفور|في الحال|بسرعة|دون تاخير|بدون تاخير|في نفس اليوم|في اليوم نفسه|فور|حالما|بمجرد)\b",
)

LISTS = {
    "en": SafetyWords(SAFETY_HEADING, SAFETY_WORDS, CARE_STEP, CANNOT_WAIT, is_plain=False),
    "es": SafetyWords(ES_HEADING, ES_WORDS, ES_STEP, ES_CONDITION),
    "ar": SafetyWords(AR_HEADING, AR_WORDS, AR_STEP, AR_CONDITION),
}


def has_list(language):
    return language.partition("-")[0] in LISTS


def lists_for(language):
    """Its own and that of English, which may have been left standing."""
    own = language.partition("-")[0]
    return [LISTS[name] for name in dict.fromkeys((own, "en")) if name in LISTS]


def speaks_of_safety(sentence, language="en"):
    return any(words.are_in(sentence) for words in lists_for(language))


def heads_safety(heading, language="en"):
    return any(words.are_in_heading(heading) for words in lists_for(language))
