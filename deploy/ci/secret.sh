#!/usr/bin/env bash
# Writes the two Secrets of a test cluster to standard output, from the environment: what the Jobs need, and what only the
# servers need. No value is an argument of a program, where every user of the machine could read it.
set -euo pipefail

fail() {
  echo "deploy-ci: $1" >&2
  exit 1
}

# What a Secret of the cluster holds: Redis runs with its passwords, and keeps them.
kept() {
  kubectl --namespace "$NAMESPACE" get secret "$1" --ignore-not-found --output "jsonpath={.data.$2}" | base64 --decode
}

# A Secret, of the variables on standard input.
secret() {
  kubectl --namespace "$NAMESPACE" create secret generic "$1" --from-env-file=/dev/stdin --dry-run=client --output yaml
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

password=$(kept nominal-code-secrets REDIS_PASSWORD)
[ -n "$password" ] || password=$(openssl rand -hex 24)
job_password=$(kept nominal-code-secrets REDIS_JOB_PASSWORD)
[ -n "$job_password" ] || job_password=$(openssl rand -hex 24)
[ -n "${WEBHOOK_SECRET:-}" ] || WEBHOOK_SECRET=$(kept nominal-code-server-secrets GITHUB_WEBHOOK_SECRET)
[ -n "$WEBHOOK_SECRET" ] || WEBHOOK_SECRET=$(openssl rand -hex 32)
signing_key=$(kept nominal-code-server-secrets JOBS_SIGNING_KEY)
[ -n "$signing_key" ] || signing_key=$(openssl rand -hex 32)
redis=redis.$NAMESPACE.svc.cluster.local:6379/0

printf '%s' "$keys" "GITHUB_TOKEN=$TEST_GITHUB_TOKEN
REDIS_PASSWORD=$password
REDIS_JOB_PASSWORD=$job_password
REDIS_URL=redis://nominal-job:$job_password@$redis
" | secret nominal-code-secrets
echo ---
printf '%s' "AGENT_PROVIDER=${AGENT_PROVIDER:-$first}
GITHUB_WEBHOOK_SECRET=$WEBHOOK_SECRET
JOBS_SIGNING_KEY=$signing_key
K8S_IMAGE=$K8S_IMAGE
REDIS_URL=redis://:$password@$redis
" | secret nominal-code-server-secrets
