#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Has the program write what a package of it holds besides. Usage: written.sh PROGRAM FOLDER DATE
set -eu
program=$1 folder=$2 date=$3
source=$(dirname "$0")/../..
rm -rf "$folder/man1" "$folder/completions" "$folder/doc"
mkdir -p "$folder/man1" "$folder/completions" "$folder/doc"
"$program" __man "$folder/man1" "$date"
chmod 644 "$folder"/man1/*
gzip -9n "$folder"/man1/*
"$program" completion bash >"$folder/completions/latchkey"
"$program" completion zsh >"$folder/completions/_latchkey"
"$program" completion fish >"$folder/completions/latchkey.fish"
gzip -9nc "$source/CHANGELOG.md" >"$folder/doc/changelog.gz"
gzip -9nc "$folder/changelog.Debian" >"$folder/doc/changelog.Debian.gz"
touch "$folder/written"
