#!/usr/bin/env bash
# Installs what tests/test_browser.py needs besides Python packages: Chromium and its driver from Debian or Ubuntu, and
# axe-core from npm into .cache/axe. What is there already is not installed again. Where something cannot be installed,
# this script says so and succeeds, and the tests that need it are skipped with a reason.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
AXE_VERSION=4.10.3

if command -v chromium > /dev/null && command -v chromedriver > /dev/null; then
    echo "Chromium is there"
elif [[ $(id -u) != 0 ]] || ! command -v apt-get > /dev/null; then
    echo "Chromium cannot be installed: this needs root and apt-get"
else
    timeout 60 apt-get update -qq &&
        timeout 240 env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends chromium chromium-driver > /dev/null ||
        echo "Chromium cannot be installed: apt-get failed"
fi

if [[ -f .cache/axe/package/axe.min.js ]]; then
    echo "axe-core is there"
elif ! command -v npm > /dev/null; then
    echo "axe-core cannot be downloaded: npm is missing"
else
    mkdir -p .cache/axe
    if timeout 60 npm pack --silent --pack-destination .cache/axe "axe-core@$AXE_VERSION" > /dev/null; then
        tar -xzf ".cache/axe/axe-core-$AXE_VERSION.tgz" -C .cache/axe package/axe.min.js package/LICENSE
    else
        echo "axe-core cannot be downloaded: npm pack failed"
    fi
fi
