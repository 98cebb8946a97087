"""What style sheets and scripts of the public pages may use without a fallback: what browsers of the end of 2021 know.

Each line: a pattern, what it is, and the first Chrome, Firefox and Safari that know it. `OLD` says which count as old.
"""

OLD = {"chrome": 96, "firefox": 95, "safari": 15.2}

CSS = [
    (r":has\(", ":has()", 105, 121, 15.4),
    (r"@layer\b", "cascade layers", 99, 97, 15.4),
    (r"@container\b|container-type:", "container queries", 105, 110, 16),
    (r"\blight-dark\(", "light-dark()", 123, 120, 17.5),
    (r"\bcolor-mix\(", "color-mix()", 111, 113, 16.2),
    (r"\boklch\(|\boklab\(|\blch\(|\blab\(", "wide color spaces", 111, 113, 15.4),
    (r"\d(?:dvh|svh|lvh|dvw|svw|lvw)\b", "dynamic viewport units", 108, 101, 15.4),
    (r"\binset-area|anchor-name", "anchor positioning", 125, 147, 26),
    (r"@property\b", "@property", 85, 128, 16.4),
    (r"@scope\b", "@scope", 118, 128, 17.4),
    (r"@starting-style\b", "@starting-style", 117, 129, 17.5),
    (r"text-wrap(?:-style)?:", "text-wrap", 114, 121, 17.4),
    (r"::details-content", "::details-content", 131, 143, 18.4),
    (r"content: .+ / \"\";", "alternative text of content", 77, 128, 17.4),
    (r"\bsubgrid\b", "subgrid", 117, 71, 16),
    (r"field-sizing", "field-sizing", 123, 152, 26.2),
    (r"accent-color", "accent-color", 93, 92, 15.4),
    (r"@media \(scripting", "scripting", 120, 113, 17),
    (r"@media \([a-z-]+ ?[<>]", "ranges in media queries", 104, 63, 16.4),
    (r"^\s+&|\{\s*&", "nesting", 120, 117, 17.2),
]

JS = [
    (r"\.at\(", "at()", 92, 90, 15.4),
    (r"\.findLast\(", "findLast()", 97, 104, 15.4),
    (r"Object\.hasOwn\(", "Object.hasOwn()", 93, 92, 15.4),
    (r"structuredClone\(", "structuredClone()", 98, 94, 15.4),
    (r"\.toSorted\(|\.toReversed\(|\.with\(", "copies of arrays", 110, 115, 16),
    (r"Object\.groupBy\(|Map\.groupBy\(", "groupBy()", 117, 119, 17.4),
    (r"Promise\.withResolvers", "withResolvers()", 119, 121, 17.4),
    (r"\.checkVisibility\(", "checkVisibility()", 105, 106, 17.4),
    (r"\.showPopover\(|popover", "popover", 114, 125, 17),
    (r"\.isSubsetOf\(|\.difference\(|\.intersection\(", "sets as sets", 122, 127, 17),
    (r"/\w*v\b(?=[.,;)])", "the flag v", 112, 116, 17),
    (r"\(\?<[=!]", "lookbehind", 62, 78, 16.4),
    (r"URL\.canParse|URLPattern", "URL.canParse", 120, 115, 17),
    (r"AbortSignal\.(?:timeout|any)", "AbortSignal.timeout", 103, 100, 16),
    (r"Array\.fromAsync", "Array.fromAsync", 121, 115, 16.4),
    (r"\brequestIdleCallback\(", "requestIdleCallback", 47, 55, 26.2),
    (r"\bimport .* with \{", "import attributes", 123, 138, 17.2),
    (r"^\s*static \{", "static blocks", 94, 93, 16.4),
    (r"#\w+ in ", "private fields by in", 91, 90, 15),
]

# Used all the same, because a browser that does not know it shows the same page a little plainer; each with why.
PLAINER = {
    "text-wrap": "lines break where they always did",
    "::details-content": "a script opens what is folded before it prints",
    "accent-color": "the box that is ticked has the browser's own color",
    "alternative text of content": "the line before or after it says it without, see below",
    ":has()": "a table's head stays visible on a phone, above its rows",
}


def too_new(known):
    name, chrome, firefox, safari = known[1:]
    late = {"chrome": chrome, "firefox": firefox, "safari": safari}
    return any(late[browser] > version for browser, version in OLD.items()) and name not in PLAINER
