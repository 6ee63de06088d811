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
