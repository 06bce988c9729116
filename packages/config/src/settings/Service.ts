import { defaulted, optional } from "@nominal-code/domain/settings/Setting"
import {
  duration,
  flag,
  hours,
  integer,
  line,
  oneOf,
  path,
  seconds,
  secret,
  text,
  word
} from "@nominal-code/domain/settings/SettingType"
import { redisUrl } from "../Url.ts"
import { configMapEntry, namespaceName, objectName, scheduling, secretNames } from "./Scheduling.ts"

const KiB = 1024
const GiB = KiB * KiB * KiB

/** Settings of the webhook listener. */
export const webhook = {
  host: defaulted("0.0.0.0", {
    yaml: "webhook.host",
    env: "WEBHOOK_HOST",
    kind: word("host", "a host name or an IP address", /^[\w.:-]+$/),
    doc: "The address that `serve` listens on."
  }),
  port: defaulted(8080, {
    yaml: "webhook.port",
    env: "WEBHOOK_PORT",
    kind: integer(0, 65_535),
    doc: "The port that `serve` listens on; 0 takes a free one."
  }),
  allowUnsigned: defaulted(false, {
    yaml: "webhook.allow_unsigned",
    env: "WEBHOOK_ALLOW_UNSIGNED",
    kind: flag,
    doc:
      "Serve webhooks without a secret: whoever reaches the port can start reviews. Only while `webhook.host` is loopback."
  })
}

/** Settings of the metrics. */
export const metrics = {
  port: optional({
    yaml: "metrics.port",
    env: "METRICS_PORT",
    kind: integer(0, 65_535),
    byDefault: "no listener",
    doc:
      "A port of its own, on the address of `webhook.host`, where `serve` answers `GET /metrics` in Prometheus' text format."
  })
}

/** Settings of the search for missed events. */
export const reconcile = {
  every: defaulted("15m", {
    yaml: "reconcile.every",
    env: "RECONCILE_EVERY",
    kind: duration,
    doc: "How often `serve` searches for missed events, beside once at its start. One server of a deployment does."
  }),
  window: defaulted("24h", {
    yaml: "reconcile.window",
    env: "RECONCILE_WINDOW",
    kind: duration,
    doc:
      "How old the changes and deliveries are that are looked at: `7d` at most. GitHub keeps deliveries for three days."
  }),
  maxRequests: defaulted(300, {
    yaml: "reconcile.max_requests",
    env: "RECONCILE_MAX_REQUESTS",
    kind: integer(0),
    doc: "The maximum number of requests to the forges in one search. 0: nothing is searched for."
  })
}

/** Settings of the store. */
export const storage = {
  dataDir: optional({
    yaml: "data_dir",
    env: "NOMINAL_DATA_DIR",
    kind: path,
    byDefault: "`$XDG_STATE_HOME/nominal-code`, else `~/.local/state/nominal-code`",
    doc: "Where the queue and the conversations are kept."
  }),
  backend: defaulted("sqlite", {
    yaml: "storage",
    env: "NOMINAL_STORAGE",
    kind: oneOf(["sqlite", "memory"]),
    doc: "`sqlite` survives a restart; `memory` loses everything that was accepted."
  }),
  transcripts: defaulted(false, {
    yaml: "retention.transcripts",
    env: "RETENTION_TRANSCRIPTS",
    travels: "pod",
    kind: flag,
    doc:
      "Keep a transcript of each review and each answer for seven days, for `nominal-code replay`: in `transcripts` of `data_dir`, or in Redis if it ran in a pod. It holds what was said on the pull request, and the code that the model has read."
  })
}

/** Settings of the mirrors. */
export const workspace = {
  baseDir: optional({
    yaml: "workspace.base_dir",
    env: "WORKSPACE_BASE_DIR",
    kind: path,
    byDefault: "`workspace` in `data_dir`",
    doc:
      "Where repositories are mirrored. A directory that is a link, of another user, or writable by others is refused."
  }),
  maxBytes: defaulted(10 * GiB, {
    yaml: "workspace.max_bytes",
    env: "WORKSPACE_MAX_BYTES",
    kind: integer(1),
    byDefault: "`10737418240` (10 GiB)",
    doc: "How much of the disk the mirrors may use, in bytes. The mirrors that were not used for longest go first."
  }),
  maxAge: defaulted(168, {
    yaml: "workspace.max_age_hours",
    env: "WORKSPACE_MAX_AGE_HOURS",
    kind: hours(1),
    doc: "A mirror that was not used for so many hours is removed."
  })
}

/** Settings of concurrency and time limits. */
export const jobs = {
  maxConcurrent: optional({
    yaml: "jobs.max_concurrent",
    env: "JOBS_MAX_CONCURRENT",
    kind: integer(1, 10_000),
    byDefault: "`2`; `256` where each review is a Kubernetes Job",
    doc: "How many reviews run at the same time. One pull request never has two."
  }),
  maxAttempts: defaulted(3, {
    yaml: "jobs.max_attempts",
    env: "JOBS_MAX_ATTEMPTS",
    kind: integer(1, 100),
    doc: "How often a review is tried before it is given up."
  }),
  giveUpAfter: defaulted("24h", {
    yaml: "jobs.give_up_after",
    env: "JOBS_GIVE_UP_AFTER",
    kind: duration,
    doc:
      "How long a review may wait for services that are away, limited or full, or refuse it access, before it is given up. Waiting uses no attempt."
  }),
  deadline: defaulted(600, {
    yaml: "jobs.deadline_seconds",
    env: "JOBS_DEADLINE_SECONDS",
    kind: seconds(1, 86_400),
    doc: "How long one run may take, in seconds. A Kubernetes Job has a deadline of its own."
  }),
  gracePeriod: defaulted(30, {
    yaml: "jobs.grace_period_seconds",
    env: "JOBS_GRACE_PERIOD_SECONDS",
    kind: seconds(0, 86_400),
    doc:
      "How long running reviews may take to finish after SIGTERM, in seconds. The others stay in the queue. A Kubernetes Job runs on by itself."
  }),
  signingKey: optional({
    yaml: "jobs.signing_key",
    env: "JOBS_SIGNING_KEY",
    kind: secret(
      word(
        "key",
        "keys of at least 16 visible ASCII characters, with a blank between them",
        /^[\x21-\x7e]{16,}(?: +[\x21-\x7e]{16,})*$/
      )
    ),
    doc:
      "Key of the servers, which no Job gets: `openssl rand -hex 32`. With it, a job that no server has signed is refused, and so is the result that a pod reports of another's run. The first server with it signs what waits; one without it stores nothing then. To change it, put the new key before the old one, with a blank between them."
  })
}

/** Settings of Redis, for the queue and the conversations. */
export const redis = {
  url: optional({
    yaml: "redis.url",
    env: "REDIS_URL",
    kind: secret(redisUrl),
    doc:
      "`redis://` or, over TLS, `rediss://`: one server, or some nodes of a cluster with commas between them; `redis+sentinel://host:26379,host:26379/name` asks sentinels for the primary. Redis from 7 on or Valkey, with `maxmemory-policy noeviction`. Kubernetes needs it."
  }),
  sentinelPassword: optional({
    yaml: "redis.sentinel_password",
    env: "REDIS_SENTINEL_PASSWORD",
    travels: "pod",
    kind: secret(text),
    doc: "The sentinels' own password, if they have one. The primary's is in the URL."
  }),
  waitReplicas: defaulted(0, {
    yaml: "redis.wait_replicas",
    env: "REDIS_WAIT_REPLICAS",
    kind: integer(0, 1),
    doc:
      "1: a delivery is accepted when a replica has it, too, so that a failover loses none; without a replica it is answered `503`."
  }),
  shards: optional({
    yaml: "redis.shards",
    env: "REDIS_SHARDS",
    kind: integer(1, 64),
    byDefault: "1, or what the queue in this Redis has",
    doc:
      "Into how many parts the queue is divided, by repository: in a cluster, each is on one node. Fixed at first use."
  }),
  keyTtl: defaulted(86_400, {
    yaml: "redis.key_ttl_seconds",
    env: "REDIS_KEY_TTL_SECONDS",
    travels: "pod",
    kind: seconds(1),
    doc: "How long a pull request's conversation is kept after its last review, in seconds. Holds for every storage."
  })
}

const quantity = word(
  "quantity",
  "a Kubernetes quantity like 500m or 256Mi",
  /^\d+(?:\.\d+)?(?:m|[kMGTPE]|[KMGTPE]i)?$/
)

/** Settings of Kubernetes, with one Job per review. */
export const kubernetes = {
  image: optional({
    yaml: "kubernetes.image",
    env: "K8S_IMAGE",
    kind: line,
    doc: "The image of the Jobs. Setting it runs each review as a Kubernetes Job."
  }),
  namespace: defaulted("default", {
    yaml: "kubernetes.namespace",
    env: "K8S_NAMESPACE",
    kind: namespaceName,
    doc: "The namespace of the Jobs."
  }),
  serviceAccount: optional({
    yaml: "kubernetes.service_account",
    env: "K8S_SERVICE_ACCOUNT",
    kind: objectName,
    doc: "The service account of the Jobs."
  }),
  imagePullPolicy: optional({
    yaml: "kubernetes.image_pull_policy",
    env: "K8S_IMAGE_PULL_POLICY",
    kind: oneOf(["Always", "Never", "IfNotPresent"]),
    doc: "When the image is pulled."
  }),
  isolation: defaulted("none", {
    yaml: "kubernetes.isolation",
    env: "K8S_ISOLATION",
    kind: oneOf(["none", "strict"]),
    doc:
      "`strict`: in a Job, the agent has a container without any secret, and only another one has the models' keys. Kubernetes 1.29 or newer. [Security](security.md#strict-isolation) says what it needs."
  }),
  backoffLimit: defaulted(0, {
    yaml: "kubernetes.backoff_limit",
    env: "K8S_BACKOFF_LIMIT",
    kind: integer(0, 100),
    doc: "How often Kubernetes itself tries a failed pod again."
  }),
  activeDeadline: defaulted(600, {
    yaml: "kubernetes.active_deadline_seconds",
    env: "K8S_ACTIVE_DEADLINE_SECONDS",
    kind: seconds(1),
    doc: "How long a Job may take, in seconds."
  }),
  ttlAfterFinished: defaulted(3600, {
    yaml: "kubernetes.ttl_after_finished",
    env: "K8S_TTL_AFTER_FINISHED",
    kind: seconds(0),
    doc: "When a finished Job is removed, in seconds."
  }),
  envFromSecrets: defaulted([], {
    yaml: "kubernetes.env_from_secrets",
    env: "K8S_ENV_FROM_SECRETS",
    kind: secretNames,
    doc:
      "The Secrets that the Jobs have their variables from: what a review needs of them, and never a webhook's secret."
  }),
  caConfigMap: optional({
    yaml: "kubernetes.ca_config_map",
    env: "K8S_CA_CONFIG_MAP",
    kind: configMapEntry,
    doc:
      "The ConfigMap with the certificates of your own authorities, for the Jobs: they have them as `NODE_EXTRA_CA_CERTS`. Its entry is `ca.crt`; of another one, `NAME/ENTRY`."
  }),
  requestsCpu: optional({
    yaml: "kubernetes.resources.requests.cpu",
    env: "K8S_RESOURCE_REQUESTS_CPU",
    kind: quantity,
    doc: "The CPU that a Job asks for."
  }),
  requestsMemory: optional({
    yaml: "kubernetes.resources.requests.memory",
    env: "K8S_RESOURCE_REQUESTS_MEMORY",
    kind: quantity,
    doc: "The memory that a Job asks for."
  }),
  limitsCpu: optional({
    yaml: "kubernetes.resources.limits.cpu",
    env: "K8S_RESOURCE_LIMITS_CPU",
    kind: quantity,
    doc: "The CPU that a Job may use."
  }),
  limitsMemory: optional({
    yaml: "kubernetes.resources.limits.memory",
    env: "K8S_RESOURCE_LIMITS_MEMORY",
    kind: quantity,
    doc: "The memory that a Job may use."
  }),
  ...scheduling
}
