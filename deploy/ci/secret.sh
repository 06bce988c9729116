#!/usr/bin/env bash
# Writes the Secret of a test cluster to standard output, from the environment. No value is an argument of a program,
# where every user of the machine could read it.
set -euo pipefail

fail() {
  echo "deploy-ci: $1" >&2
  exit 1
}

# What the cluster's Secret holds: Redis runs with its password, and keeps it.
kept() {
  kubectl --namespace "$NAMESPACE" get secret nominal-code-secrets --ignore-not-found --output "jsonpath={.data.$1}" |
    base64 --decode
}

[ -n "${TEST_GITHUB_TOKEN:-}" ] || fail "set TEST_GITHUB_TOKEN to a token of the bot's account"
keys="" first=""
for provider in google anthropic openai; do
  name=$(tr a-z A-Z <<<"$provider")_API_KEY
  [ -n "${!name:-}" ] || continue
  keys+="$name=${!name}"$'\n'
  first=${first:-$provider}
done
[ -n "$keys" ] || fail "set the key of a model service: GOOGLE_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY"

password=$(kept REDIS_PASSWORD)
[ -n "$password" ] || password=$(openssl rand -hex 24)
[ -n "${WEBHOOK_SECRET:-}" ] || WEBHOOK_SECRET=$(kept GITHUB_WEBHOOK_SECRET)
[ -n "$WEBHOOK_SECRET" ] || WEBHOOK_SECRET=$(openssl rand -hex 32)

printf '%s' "$keys" "AGENT_PROVIDER=${AGENT_PROVIDER:-$first}
GITHUB_TOKEN=$TEST_GITHUB_TOKEN
GITHUB_WEBHOOK_SECRET=$WEBHOOK_SECRET
K8S_IMAGE=$K8S_IMAGE
REDIS_PASSWORD=$password
REDIS_URL=redis://:$password@redis.$NAMESPACE.svc.cluster.local:6379/0
" | kubectl --namespace "$NAMESPACE" create secret generic nominal-code-secrets \
  --from-env-file=/dev/stdin --dry-run=client --output yaml
