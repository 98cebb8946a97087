"""Documents as other programs write them."""

import zipfile
from html import escape
from io import BytesIO

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
STYLES = f"""{HEAD}<w:styles {NAMESPACES}>
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="heading 3"/></w:style>
<w:style w:type="paragraph" w:styleId="ListParagraph"><w:name w:val="List Paragraph"/></w:style>
</w:styles>"""
LEVELS = '<w:lvl w:ilvl="{n}"><w:numFmt w:val="{format}"/></w:lvl>'
NUMBERING = f"""{HEAD}<w:numbering {NAMESPACES}>
<w:abstractNum w:abstractNumId="0">{"".join(LEVELS.format(n=n, format="bullet") for n in range(3))}</w:abstractNum>
<w:abstractNum w:abstractNumId="1">{"".join(LEVELS.format(n=n, format="decimal") for n in range(3))}</w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>
</w:numbering>"""
TYPES = f"""{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
</Types>"""


def relationships(*rows):
    found = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{escape(target)}"'
        + (' TargetMode="External"/>' if outside else "/>")
        for name, kind, target, outside in rows
    )
    return f'{HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{found}</Relationships>'


def p(text, style="", *, bold=False, bullet=None, number=None):
    """A paragraph as Word writes it; `bullet` and `number` are the level of a list item."""
    inside = f'<w:pStyle w:val="{style}"/>' if style else ""
    if bullet is not None or number is not None:
        level, kind = (bullet, 1) if bullet is not None else (number, 2)
        inside += f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{kind}"/></w:numPr>'
    run = "<w:rPr><w:b/></w:rPr>" if bold else ""
    return f'<w:p><w:pPr>{inside}</w:pPr><w:r>{run}<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def table(*rows):
    cell = "<w:tc>{}</w:tc>"
    return (
        "<w:tbl>"
        + "".join(f"<w:tr>{''.join(cell.format(p(text)) for text in row)}</w:tr>" for row in rows)
        + "</w:tbl>"
    )


def link(text, relation):
    return f'<w:p><w:hyperlink r:id="{relation}"><w:r><w:t>{text}</w:t></w:r></w:hyperlink></w:p>'


def drawing(relation, alt, *, linked=False):
    how = "link" if linked else "embed"
    return (
        f'<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="p" descr="{alt}"/><a:graphic><a:graphicData><pic:pic>'
        f'<pic:blipFill><a:blip r:{how}="{relation}"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )


def docx(*paragraphs, relations=(), more=None, document=None):
    """A Word document of these paragraphs; `more` are further parts of the package, by name."""
    body = f"{HEAD}<w:document {NAMESPACES}><w:body>{''.join(paragraphs)}</w:body></w:document>"
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relationships(("rId1", "officeDocument", "word/document.xml", False)),
        "word/document.xml": document or body,
        "word/_rels/document.xml.rels": relationships(
            ("rIdS", "styles", "styles.xml", False), ("rIdN", "numbering", "numbering.xml", False), *relations
        ),
        "word/styles.xml": STYLES,
        "word/numbering.xml": NUMBERING,
        **(more or {}),
    }
    return package(parts)


def package(parts):
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return buffer.getvalue()


COPIED_PAGE = """Skip to main content
Home > Imaging > Fluoroscopy
We use cookies to improve your experience. By continuing to use this site you agree.
Accept all cookies
Menu
Home
About us
Services

Understanding fluoroscopy
Fluoroscopy is a moving X-ray picture. It shows how your body works.

Share this page
Expand all

How it works
You lie on a table. We may ask you to turn.
Read more
The table may tilt slowly. We tell you each time.
Read less

What it is used for
Looking at the inside
We watch food go down:
•\tthe mouth
•\tthe stomach
•
the bowel
Read more
Barium is white and thick.
Read less
Guiding needles
A doctor places an injection.

Possible risks
All X-rays carry a small risk.
Read more
Skin may turn red where the beam entered.
Read less

Afterwards
You can go home. Most people feel well.
Read more
Call us if you have a fever.
Read less

Getting ready
1. Eat nothing for six hours.
2. Bring a list of your medicines.

Ready to take the next step? Request your appointment online, we'll contact you as soon as possible.
Book now
© 2024 Some Clinic. All rights reserved.
"""

SAVED_PAGE = """<!doctype html><html><head><title>Barium swallow | Some Clinic</title><style>p{color:red}</style></head><body>
<div id="consent-banner"><p>We value your privacy</p><button>Accept all</button></div>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/x">Services</a></li></ul></nav></header>
<main><h1>Barium swallow</h1><p>A short film of how you <b>swallow</b>.</p>
<h2>Before</h2><p>See <a href="https://www.nhs.uk/x" onclick="x()">the NHS</a>.</p>
<ul><li>Eat nothing<ul><li>not even gum</li></ul></li><li>Drink water</li></ul>
<h3>Medicines</h3><p>Take 10<sup>3</sup> mg.<br><br>Ask us.</p>
<h4>With food</h4><p>Or without.</p>
<table><tr><th>Exam</th><th>Dose</th></tr><tr><td>Swallow</td><td>small</td></tr></table>
<details><summary>Read more</summary><p>Barium tastes of chalk.</p></details>
<h2>Questions</h2><details><summary>Will it hurt?</summary><p>No.</p></details>
<figure><img src="https://elsewhere.example/x.png" alt="A drink"></figure>
<p>Book your appointment today and we will call you.</p><button>Book now</button>
</main><footer>Our address</footer><script>alert(1)</script></body></html>"""
