"""What every page is in a browser: quiet, readable, and no wider than the window."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.report.browser import Browser

# The columns whose cards are not filtered out.
SHOWN = "return [...document.querySelectorAll('#data .card')].filter((card) => card.checkVisibility()).map((card) => card.querySelector('.key').textContent)"

SIDEWAYS = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"

# Text whose contrast with what is behind it is below WCAG's AA: 4.5, or 3 for large text.
FAINT = """
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => {
  const [r, g, b] = parts(colour).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  if (element.tagName === "text" && element.closest(".graph, details")) {
    const box = element.getBBox(), x = box.x + box.width / 2, y = box.y + box.height / 2;
    for (const rect of element.closest("svg").querySelectorAll("rect")) {
      const at = rect.getBBox();
      if (at.x <= x && x <= at.x + at.width && at.y <= y && y <= at.y + at.height) return getComputedStyle(rect).fill;
    }
  }
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if ((parts(colour)[3] ?? 1) === 1) return colour;
  }
  return "rgb(255, 255, 255)";
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  if (["SCRIPT", "STYLE", "title"].includes(element.tagName) || !element.checkVisibility()) continue;
  const style = getComputedStyle(element), colour = element.tagName === "text" ? style.fill : style.color;
  const pair = [light(colour), light(behind(element))].sort((a, b) => b - a);
  const ratio = (pair[0] + 0.05) / (pair[1] + 0.05), size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5)) found.push([element.tagName, element.className.baseVal ?? element.className, element.textContent.slice(0, 40), ratio]);
}
return found;
"""

# Captions that go beyond what is shown without scrolling.
CUT = """
return [...document.querySelectorAll('.scroll caption')].filter((caption) => caption.checkVisibility()).filter((caption) => {
  const box = caption.closest('.scroll').getBoundingClientRect(), range = document.createRange();
  range.selectNodeContents(caption);
  return [...range.getClientRects()].some((line) => line.right > box.right);
}).map((caption) => caption.textContent)
"""

# Short words that are broken over lines.
BROKEN = """
return [...document.querySelectorAll('.scroll > table.roomy :is(tbody th, tbody td:nth-child(2))')].filter((cell) => cell.checkVisibility()).filter((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return /^\\w{1,11}$/.test(cell.textContent) && new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1;
}).map((cell) => cell.textContent)
"""


def written(texts: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Pages as files, by their names."""
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def open_details(browser: Browser) -> None:
    """Open every table and text that is behind something, on the page that is shown."""
    browser.run("for (const details of document.querySelectorAll('details')) details.open = true")
    browser.settle()


def check_page(browser: Browser, page: Path, *, width: int, scheme: str) -> None:
    """Show a page with its first details open: nothing is out of sight or faint, asked for or complained of, and no script of the data ran."""
    browser.show(page, width=width, scheme=scheme)
    browser.run("for (const details of [...document.querySelectorAll('details:not(.rest)')].slice(0, 30)) details.open = true")
    browser.settle()
    assert browser.run(SIDEWAYS) <= 0
    assert browser.run(FAINT) == []
    assert browser.run("return window.hacked") is None
    assert browser.console() == []
    assert browser.requests() == [page.as_uri()]


def check_tables(browser: Browser) -> None:
    """Captions are read without scrolling sideways, and names as short as sensor_0001 or timestamp are on one line."""
    assert browser.run(CUT) == []
    assert browser.run(BROKEN) == []


def check_hostile(browser: Browser, page: Path) -> None:
    """Names that would be code, or turn the text around, are text."""
    browser.show(page)
    text = browser.run("return document.body.textContent")
    assert "<script>window.hacked = 1</script>" in text
    assert "\\u202e" in text
    assert "\u202e" not in text
