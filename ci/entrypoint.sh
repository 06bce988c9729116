#!/bin/sh
# The image's entry: whatever follows the image's name is the command's arguments.
set -eu
exec nominal-code "$@"
