"""What other programs put on the clipboard, pasted into a section in real Chromium under the strict policy."""

import pytest
from playwright.sync_api import expect

from education.models import Section
from tests.factories import a_guide

from .test_editor import fold, open_form, save

pytestmark = pytest.mark.browser

WORD = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head>
<meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15">
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
<style><!-- p.MsoNormal {margin:0cm; font-size:11.0pt;} @list l0:level1 {mso-level-number-format:bullet;} --></style></head>
<body lang=EN-US style='tab-interval:36.0pt'><!--StartFragment-->
<h2 style='mso-list:none'>Before the test<o:p></o:p></h2>
<p class=MsoNormal><span style='color:#1F1F1F'>Please <b style='mso-bidi-font-weight:normal'>rest</b> and <i>wait</i>.<o:p></o:p></span></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol;mso-fareast-font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;
</span></span></span><![endif]>Drink water<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='margin-left:72.0pt;text-indent:-18.0pt;mso-list:l0 level2 lfo1'><![if !supportLists]><span
style='font-family:"Courier New"'><span style='mso-list:Ignore'>o<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span></span><![endif]>a
glass<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol'><span style='mso-list:Ignore'>·<span>&nbsp;</span></span></span><![endif]>Sleep<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style='mso-list:l1 level1 lfo2'><![if !supportLists]><span><span style='mso-list:Ignore'>1.<span>&nbsp;
</span></span></span><![endif]>Come in<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l1 level1 lfo2'><![if !supportLists]><span><span style='mso-list:Ignore'>2.<span>&nbsp;
</span></span></span><![endif]>Sit down<o:p></o:p></p>
<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0 style='border-collapse:collapse;mso-yfti-tbllook:1184'>
<tr style='mso-yfti-irow:0'><td width=301 valign=top style='width:225.4pt;border:solid windowtext 1.0pt'><p class=MsoNormal>Exam<o:p></o:p></p></td>
<td width=301 valign=top style='width:225.4pt'><p class=MsoNormal>Time<o:p></o:p></p></td></tr>
<tr style='mso-yfti-irow:1;mso-yfti-lastrow:yes'><td><p class=MsoNormal>Scan<o:p></o:p></p></td><td><p class=MsoNormal>20 minutes<o:p></o:p></p></td></tr>
</table><!--EndFragment--></body></html>"""

GOOGLE_DOCS = """<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1a2b3c4d-7fff-0000-1111-222233334444">
<h2 dir="ltr" style="line-height:1.38;margin-top:18pt;"><span style="font-size:16pt;font-family:Arial,sans-serif;font-weight:400;">Before the test</span></h2>
<p dir="ltr" style="line-height:1.38;"><span style="font-size:11pt;font-weight:400;font-style:normal;white-space:pre-wrap;">Please </span><span
style="font-size:11pt;font-weight:700;font-style:normal;white-space:pre-wrap;">rest</span><span style="font-weight:400;"> and </span><span
style="font-weight:400;font-style:italic;">wait</span><span style="font-weight:400;">.</span></p><br />
<ul style="margin-top:0;margin-bottom:0;padding-inline-start:48px;"><li dir="ltr" style="list-style-type:disc;font-weight:400;" aria-level="1"><p dir="ltr"
style="line-height:1.38;" role="presentation"><span style="font-weight:400;">Drink water</span></p></li><ul style="margin-top:0;"><li dir="ltr"
style="list-style-type:circle;" aria-level="2"><p dir="ltr" role="presentation"><span style="font-weight:400;">a glass</span></p></li></ul><li dir="ltr"
aria-level="1"><p dir="ltr" role="presentation"><span style="font-weight:400;">Sleep</span></p></li></ul>
<ol style="margin-top:0;"><li dir="ltr" style="list-style-type:decimal;" aria-level="1"><p dir="ltr" role="presentation"><span>Come in</span></p></li><li dir="ltr"
aria-level="1"><p dir="ltr" role="presentation"><span>Sit down</span></p></li></ol>
<div dir="ltr" style="margin-left:0pt;" align="left"><table style="border:none;border-collapse:collapse;"><colgroup><col width="312" /><col width="312" /></colgroup>
<tbody><tr style="height:0pt"><td style="border:solid #000 1pt;"><p dir="ltr"><span style="font-weight:400;">Exam</span></p></td><td><p dir="ltr"><span>Time</span></p></td></tr>
<tr style="height:0pt"><td><p dir="ltr"><span>Scan</span></p></td><td><p dir="ltr"><span>20 minutes</span></p></td></tr></tbody></table></div></b><br class="Apple-interchange-newline">"""

LIBRE_OFFICE = """<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"/><title></title>
<meta name="generator" content="LibreOffice 24.2 (Linux)"/><style type="text/css">p { line-height: 115% } td p { background: transparent }</style></head>
<body lang="en-US" dir="ltr"><h2 class="western">Before the test</h2>
<p style="line-height: 100%; margin-bottom: 0in">Please <b>rest</b> and <i>wait</i>.</p>
<p style="line-height: 100%; margin-bottom: 0in"><br/>
</p>
<ul>
	<li><p style="margin-bottom: 0in">Drink water</p>
	<ul>
		<li><p style="margin-bottom: 0in">a glass</p></li>
	</ul></li>
	<li><p style="margin-bottom: 0in">Sleep</p></li>
</ul>
<ol>
	<li><p style="margin-bottom: 0in">Come in</p></li>
	<li><p style="margin-bottom: 0in">Sit down</p></li>
</ol>
<table width="100%" cellpadding="4" cellspacing="0"><col width="128*"/><col width="128*"/>
<tr valign="top"><td width="50%" style="border: 1px solid #000000"><p>Exam</p></td><td width="50%"><p>Time</p></td></tr>
<tr valign="top"><td><p>Scan</p></td><td><p>20 minutes</p></td></tr></table></body></html>"""

WEB_PAGE = """<html><body><!--StartFragment--><h2 class="title" style="box-sizing: border-box; color: rgb(33, 37, 41); font-family: system-ui;">Before the test</h2>
<p style="box-sizing: border-box; margin-top: 0px;">Please <strong style="font-weight: bolder;">rest</strong> and <em>wait</em>.</p>
<figure><img src="https://elsewhere.example/pixel.png" onerror="alert(1)" alt=""></figure>
<ul class="list" style="padding-left: 2rem;"><li style="box-sizing: border-box;">Drink water<ul><li>a glass</li></ul></li><li>Sleep</li></ul>
<ol><li>Come in</li><li>Sit down</li></ol>
<table class="table"><tbody><tr><td style="padding: 8px;">Exam</td><td>Time</td></tr><tr><td>Scan</td><td>20 minutes</td></tr></tbody></table>
<script>alert(1)</script><!--EndFragment--></body></html>"""

CLEAN = (
    "<p><strong>Before the test</strong></p><p>Please <strong>rest</strong> and <em>wait</em>.</p>"
    "<ul><li><p>Drink water</p><ul><li><p>a glass</p></li></ul></li><li><p>Sleep</p></li></ul>"
    "<ol><li><p>Come in</p></li><li><p>Sit down</p></li></ol>"
    "<table><tbody><tr><td><p>Exam</p></td><td><p>Time</p></td></tr><tr><td><p>Scan</p></td><td><p>20 minutes</p></td></tr></tbody></table>"
)


def paste(page, html, text=""):
    editor = page.get_by_role("textbox", name="Text", exact=True).locator("visible=true")
    editor.click()
    editor.evaluate(
        """(editor, [html, text]) => {
            const clipboardData = new DataTransfer()
            clipboardData.setData("text/html", html)
            clipboardData.setData("text/plain", text)
            editor.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true, cancelable: true}))
        }""",
        [html, text],
    )


def open_section(page):
    guide = a_guide(sections=[{"heading": "Start"}])
    open_form(page, guide)
    fold(page, "Start").click()
    return guide


def stored():
    """The text as it is saved, without the room that the editor leaves for another line below a table."""
    return Section.objects.get().body.removesuffix("<p></p>").replace("<colgroup></colgroup>", "")


@pytest.mark.parametrize("html", [WORD, GOOGLE_DOCS, LIBRE_OFFICE, WEB_PAGE], ids=["word", "docs", "libre", "web"])
def test_what_is_pasted_arrives_clean(signed_in_page, clinic, html):
    page = signed_in_page
    open_section(page)

    paste(page, html)
    expect(page.get_by_role("status").filter(has_text="Headings make sections")).to_be_visible()
    save(page)

    assert stored() == CLEAN


def test_bullets_that_somebody_typed_become_a_list(signed_in_page, clinic):
    page = signed_in_page
    open_section(page)

    paste(page, "<p>Bring:</p><p>• a list</p><p><b>•&nbsp;water</b></p><p>Then come.</p>")
    expect(page.locator(".paste-note")).to_have_count(0)  # no heading, no word about it
    save(page)

    assert stored() == (
        "<p>Bring:</p><ul><li><p>a list</p></li><li><p><strong>water</strong></p></li></ul><p>Then come.</p>"
    )


def test_what_is_copied_within_the_editor_stays_as_it_is(signed_in_page, clinic):
    page = signed_in_page
    open_section(page)
    paste(page, "<p>• one</p><p>Some <b>bold</b> words</p>")
    editor = page.get_by_role("textbox", name="Text", exact=True).locator("visible=true")

    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+x")
    page.keyboard.press("Control+v")
    save(page)

    assert stored() == "<ul><li><p>one</p></li></ul><p>Some <strong>bold</strong> words</p>"


def test_a_few_words_are_pasted_into_their_sentence(signed_in_page, clinic):
    page = signed_in_page
    open_section(page)
    editor = page.get_by_role("textbox", name="Text", exact=True).locator("visible=true")
    editor.click()
    page.keyboard.type("Please ")

    paste(page, "<meta charset='utf-8'><span style='font-weight:700'>rest</span>")
    page.keyboard.type(" now")
    save(page)

    assert stored() in (
        "<p>Please <strong>rest</strong> now</p>",
        "<p>Please <strong>rest now</strong></p>",
    )
