import test_page_matters as t
def test_dbg(office, signed_in, axe, shots):
    def wrapped(*a, **k):
        page = signed_in(*a, **k)
        page.on("console", lambda m: print("CONSOLE", m.text[:80], m.location))
        page.evaluate("new MutationObserver(l => l.forEach(m => console.log('STYLE', m.target.outerHTML.slice(0,200)))).observe(document, {subtree:true, attributes:true, attributeFilter:['style']})")
        return page
    def ax(p):
        print("before axe"); axe(p); print("after axe")
    def sh(p, n):
        print("before shots", n); shots(p, n); print("after shots")
    t.test_a_petition_goes_from_unclassified_to_archived_by_hand(office, wrapped, ax, sh)
