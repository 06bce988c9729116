#!/usr/bin/env bash
# The review step of action.yml: the action's own sources on the runner's Node, or an image in Docker.
set -euo pipefail
image=$NOMINAL_IMAGE
command=(ci github)
if [ -n "$NOMINAL_FAIL_ON" ]; then command+=(--fail-on "$NOMINAL_FAIL_ON"); fi
unset NOMINAL_IMAGE NOMINAL_FAIL_ON
if [ -z "$image" ]; then
  exec node "$GITHUB_ACTION_PATH/packages/cli/bin/nominal-code.js" "${command[@]}"
fi
# The container has the runner's variables and, at the same paths, its files: the event, the outputs, the workspace.
options=()
while IFS= read -r -d '' pair; do
  case "${pair%%=*}" in
    PATH | HOME | HOSTNAME | PWD | OLDPWD | SHLVL | SHELL | USER | LOGNAME | TMPDIR | LD_* | NODE_* | BASH_* | _) ;;
    *) options+=(--env "${pair%%=*}") ;;
  esac
done < <(env -0)
exec docker run --rm --user "$(id -u):$(id -g)" --env HOME=/tmp --env WORKSPACE_BASE_DIR=/tmp/nominal-code \
  --volume "$GITHUB_WORKSPACE:$GITHUB_WORKSPACE:ro" --volume "$RUNNER_TEMP:$RUNNER_TEMP" \
  --workdir "$GITHUB_WORKSPACE" "${options[@]}" "$image" "${command[@]}"
