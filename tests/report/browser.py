"""A headless Chromium that shows pages of this project and tells what it saw."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

FLAGS = ("headless=new", "no-sandbox", "disable-gpu", "disable-quic", "disable-dev-shm-usage", "no-first-run", "disable-background-networking",
         "disable-component-update", "disable-sync", "disable-extensions", "disable-default-apps", "hide-scrollbars")  # fmt: skip

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


class Browser:
    """One window; `show` opens a page in it at a width and under a colour scheme."""

    def __init__(self, folder: Path) -> None:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        driver = shutil.which("chromedriver")
        if program is None or driver is None:
            pytest.skip("no Chromium with its driver here: apt-get install chromium chromium-driver (tools/ensure_chromium.sh does)")
        options = ChromeOptions()
        options.binary_location = program
        for flag in (*FLAGS, f"user-data-dir={folder}"):
            options.add_argument(f"--{flag}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver: Any = Chrome(options=options, service=Service(driver))

    def show(self, page: Path, *, width: int = 1400, scheme: str = "light") -> None:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.requests()
        self.console()
        self.driver.get(page.as_uri())
        self.run("localStorage.clear(); delete document.documentElement.dataset.theme")

    def run(self, script: str) -> Any:
        """What the script returns."""
        return self.driver.execute_script(script)

    def console(self) -> list[str]:
        """What was written to the console since the last call; violations of the page's policy are."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses asked for since the last call, but for those that the page's policy stopped."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        stopped = {
            m["params"]["requestId"]
            for m in messages
            if m["method"] == "Network.loadingFailed" and m["params"].get("blockedReason") == "csp"
        }
        sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
        return [request["request"]["url"] for request in sent if request["requestId"] not in stopped]

    def press(self, *keys: str) -> None:
        from selenium.webdriver.common.action_chains import ActionChains

        for key in keys:
            ActionChains(self.driver).send_keys(key).perform()

    def settle(self) -> None:
        """Wait for what the page does at its next frames."""
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done));")

    def focused(self) -> str:
        """What has the focus: its id, else its text."""
        return str(self.run("const e = document.activeElement; return e.id || e.textContent.trim()"))
