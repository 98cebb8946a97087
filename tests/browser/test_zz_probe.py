from .every_page import *
def test_shots(page, live_server):
    site = a_whole_site()
    page.emulate_media(forced_colors="active")
    page.goto("/")
    print(page.evaluate("(()=>{const h=document.querySelector('.site-footer h2');return [getComputedStyle(h).color,getComputedStyle(document.querySelector('.site-footer')).backgroundColor,getComputedStyle(document.body).backgroundColor]})()"))
    page.screenshot(path="/tmp/wt/k/e-forced-home.png", full_page=True)
    page.goto(GUIDE); page.screenshot(path="/tmp/wt/k/e-forced-guide.png", full_page=True)
