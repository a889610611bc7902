#!/usr/bin/env bash
# Tries the Axum service, or one that is running already: see examples/try.sh.
exec "$(dirname "$0")/../try.sh" "${1:-axum}"
