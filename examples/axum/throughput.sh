#!/usr/bin/env bash
# What is left of the Axum service's requests per second: see examples/throughput.sh.
exec "$(dirname "$0")/../throughput.sh" axum "$@"
