#!/bin/sh
# The command in the image. What a cluster runs starts from the startup snapshot, unless Node is told to run `--import`
# or `--experimental-loader` (`--loader`), which it does not do there.
set -eu
case "$*" in
  serve | "serve --no-doctor" | run-job)
    case "${NODE_OPTIONS:-}" in
      *--import* | *--experimental-loader* | *--loader*) ;;
      *) exec node --snapshot-blob /app/start.blob "$@" ;;
    esac
    ;;
esac
exec node /app/bin/nominal-code.js "$@"
