import { assert, it } from "@effect/vitest"
import { kubernetesSettings } from "@nominal-code/testing/TestConfig"
import { Duration, Effect, Option } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { complete, configured, problems } from "./Fixture.ts"

const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
  type: "pkcs8",
  format: "pem"
})
  .toString()

const inCluster = { ...complete, K8S_IMAGE: "registry.example/nominal-code:v1", REDIS_URL: "redis://redis:6379/0" }

const kubernetesOf = (env: Readonly<Record<string, string>>, yaml = "") =>
  Effect.map(configured({ env, yaml }), ({ kubernetes }) => Option.getOrThrow(kubernetes))

it.effect("an image is enough to run each review as a Job, with the documented defaults", () =>
  Effect.gen(function*() {
    const kubernetes = yield* kubernetesOf(inCluster)
    assert.deepStrictEqual(kubernetes, {
      ...kubernetesSettings("default"),
      secretVariables: kubernetes.secretVariables,
      environment: {}
    })
    const { activeDeadline, backoffLimit, ttlAfterFinished } = kubernetes
    assert.deepStrictEqual([activeDeadline, backoffLimit, ttlAfterFinished], [
      Duration.minutes(10),
      0,
      Duration.hours(1)
    ])
    const { kubernetes: none } = yield* configured({})
    assert.isTrue(Option.isNone(none))
  }))

it.effect("the settings of a Job come from the environment, each in its own form", () =>
  Effect.gen(function*() {
    const kubernetes = yield* kubernetesOf({
      ...inCluster,
      K8S_NAMESPACE: "reviews",
      K8S_SERVICE_ACCOUNT: "reviewer",
      K8S_IMAGE_PULL_POLICY: "Never",
      K8S_BACKOFF_LIMIT: "2",
      K8S_ACTIVE_DEADLINE_SECONDS: "300",
      K8S_TTL_AFTER_FINISHED: "60",
      K8S_ENV_FROM_SECRETS: "one, two",
      K8S_RESOURCE_REQUESTS_CPU: "100m",
      K8S_RESOURCE_LIMITS_MEMORY: "1Gi"
    })
    assert.deepStrictEqual(
      [kubernetes.namespace, kubernetes.backoffLimit, kubernetes.envFromSecrets, kubernetes.ttlAfterFinished],
      ["reviews", 2, ["one", "two"], Duration.minutes(1)]
    )
    assert.deepStrictEqual(
      [kubernetes.serviceAccount, kubernetes.imagePullPolicy, kubernetes.requests.cpu, kubernetes.limits.memory],
      [Option.some("reviewer"), Option.some("Never"), Option.some("100m"), Option.some("1Gi")]
    )
  }))

it.effect("a pod is told of the endpoints that the server was given, of what else it reads, and of no secret", () =>
  Effect.gen(function*() {
    const { environment } = yield* kubernetesOf(
      {
        ...inCluster,
        GITHUB_APP_PRIVATE_KEY: privateKey,
        ANTHROPIC_BASE_URL: "https://gateway.example/anthropic",
        CI_SERVER_URL: "https://gitlab.example",
        LOG_LEVEL: "debug"
      },
      "github: { api_base: \"https://ghe.example/api/v3\", app_id: \"12345\", installation_id: 7 }\nredis: { key_ttl_seconds: 60 }"
    )
    assert.deepStrictEqual(environment, {
      GITHUB_API_BASE: "https://ghe.example/api/v3",
      GITHUB_APP_ID: "12345",
      GITHUB_INSTALLATION_ID: "7",
      ANTHROPIC_BASE_URL: "https://gateway.example/anthropic",
      CI_SERVER_URL: "https://gitlab.example",
      REDIS_KEY_TTL_SECONDS: "60",
      LOG_LEVEL: "debug"
    })
  }))

it.effect("of a Secret a pod gets what a review needs, and never a webhook's secret or Redis' own password", () =>
  Effect.gen(function*() {
    const env = { ...inCluster, REDIS_URL: "redis://:hunter22@redis:6379/0", K8S_ENV_FROM_SECRETS: "shared" }
    const { secretVariables } = yield* kubernetesOf(env)
    const names = secretVariables.map(({ name }) => name)
    assert.includeMembers(names, ["GITHUB_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY", "REDIS_URL"])
    assert.deepStrictEqual(names.filter((name) => /WEBHOOK|REDIS_PASSWORD|ALLOWED/.test(name)), [])
    assert.strictEqual(new Set(names).size, names.length)
    const required = (variables: typeof secretVariables) => variables.flatMap((one) => one.required ? [one.name] : [])
    assert.deepStrictEqual(required(secretVariables), ["GITHUB_TOKEN", "REDIS_URL"])
    const sentinels = yield* kubernetesOf({
      ...env,
      REDIS_URL: "redis+sentinel://s1:26379,s2:26379/main",
      REDIS_SENTINEL_PASSWORD: "hunter23",
      OPENAI_API_KEY: "of another use"
    })
    assert.deepStrictEqual(required(sentinels.secretVariables), ["GITHUB_TOKEN", "REDIS_SENTINEL_PASSWORD"])
    // Which of two Secrets holds what is not known here.
    const two = yield* kubernetesOf({ ...env, K8S_ENV_FROM_SECRETS: "one,two" })
    assert.deepStrictEqual(required(two.secretVariables), [])
  }))

it.effect("the authorities of the Jobs are an entry of a ConfigMap", () =>
  Effect.gen(function*() {
    const named = (text: string) =>
      Effect.map(kubernetesOf({ ...inCluster, K8S_CA_CONFIG_MAP: text }), ({ caConfigMap }) => caConfigMap)
    for (const text of ["company-ca", "company-ca/ca-bundle.crt", "ca.of-the.company", "a".repeat(253)]) {
      assert.deepStrictEqual(yield* named(text), Option.some(text))
    }
    for (
      const wrong of [
        "Company",
        "/etc/ssl/ca.pem",
        "company/",
        "company/../ca.crt",
        "company/..",
        "company/..data",
        "company..ca",
        "company.-ca",
        "company-.ca/ca.crt",
        "company.",
        "a".repeat(254),
        `company/${"a".repeat(254)}`
      ]
    ) {
      assert.match((yield* Effect.flip(named(wrong))).message, /kubernetes\.ca_config_map.*the name of a ConfigMap/)
    }
  }))

it.effect("isolation is for agents of our own: Claude Code would have to have the model's key", () =>
  Effect.gen(function*() {
    assert.strictEqual((yield* kubernetesOf(inCluster)).isolation, "none")
    const strict = { ...inCluster, K8S_ISOLATION: "strict" }
    assert.strictEqual((yield* kubernetesOf(strict)).isolation, "strict")
    const { message } = yield* Effect.flip(kubernetesOf({ ...strict, AGENT_RUNNER: "claude-code" }))
    assert.match(message, /kubernetes\.isolation.*Claude Code needs the model's key itself/)
  }))

it.effect("where the pods run can come from YAML and from the environment alike", () =>
  Effect.gen(function*() {
    const inYaml = yield* kubernetesOf(
      inCluster,
      `kubernetes:
  labels: { team: "payments", example.com/cost-center: "4711" }
  annotations: { example.com/note: "any text, $(HOME) too" }
  priority_class: low
  node_selector: { pool: "reviews" }
  tolerations: [{ key: "spot", operator: "Exists", effect: "NoSchedule" }]
  affinity:
    nodeAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        nodeSelectorTerms: [{ matchExpressions: [{ key: arch, operator: In, values: ["arm64"] }] }]
  runtime_class: gvisor
  image_pull_secrets: [registry]
  queue: "reviews-{owner}"
`
    )
    const inEnvironment = yield* kubernetesOf({
      ...inCluster,
      K8S_LABELS: "team=payments, example.com/cost-center=4711",
      K8S_ANNOTATIONS: "example.com/note=any text",
      K8S_PRIORITY_CLASS: "low",
      K8S_NODE_SELECTOR: "pool=reviews",
      K8S_TOLERATIONS: "[{\"key\":\"spot\",\"operator\":\"Exists\",\"effect\":\"NoSchedule\"}]",
      K8S_AFFINITY: JSON.stringify(Option.getOrThrow(inYaml.affinity)),
      K8S_RUNTIME_CLASS: "gvisor",
      K8S_IMAGE_PULL_SECRETS: "registry",
      K8S_QUEUE: "reviews-{owner}"
    })
    assert.strictEqual(inYaml.annotations["example.com/note"], "any text, $(HOME) too")
    assert.deepStrictEqual({ ...inEnvironment, annotations: {} }, { ...inYaml, annotations: {} })
    assert.deepStrictEqual(inYaml.labels, { team: "payments", "example.com/cost-center": "4711" })
    assert.deepStrictEqual(inYaml.tolerations, [{ key: "spot", operator: "Exists", effect: "NoSchedule" }])
  }))

/** An affinity whose one preference has this weight. */
const weighed = (weight: number) =>
  `{ nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: ${weight}, preference: {} }] } }`

it.effect.each([1, 100])("a preference may have the weight %i", (weight) =>
  Effect.gen(function*() {
    assert.deepStrictEqual(
      yield* problems({ env: inCluster, yaml: `kubernetes: { affinity: ${weighed(weight)} }` }),
      []
    )
  }))

it.effect.each([
  ["labels: { team: \"no spaces\" }", "kubernetes.labels"],
  ["labels: { nominal-code/job-id: \"mine\" }", "kubernetes.labels"],
  ["node_selector: { pool: 7 }", "kubernetes.node_selector"],
  ["tolerations: [{ keyy: spot }]", "kubernetes.tolerations"],
  ["tolerations: [{ key: spot, operator: Sometimes }]", "kubernetes.tolerations"],
  ["affinity: { nodeAfinity: {} }", "kubernetes.affinity"],
  [`affinity: ${weighed(0)}`, "kubernetes.affinity"],
  [`affinity: ${weighed(101)}`, "kubernetes.affinity"],
  ["queue: \"{team}\"", "kubernetes.queue"]
])("what Kubernetes would refuse is refused at the start: %s", ([yaml, path]) =>
  Effect.gen(function*() {
    const found = yield* problems({ env: inCluster, yaml: `kubernetes: { ${yaml} }` })
    assert.deepStrictEqual(found.map((problem) => problem.split(" ")[0]), [path])
  }))

it.effect("a Job that a queue admits may wait for days", () =>
  Effect.gen(function*() {
    const { jobs } = yield* configured({ env: { ...inCluster, K8S_QUEUE: "reviews" } })
    assert.isTrue(Duration.isGreaterThan(jobs.deadline, Duration.days(1)))
  }))

it.effect("Kubernetes without Redis is refused", () =>
  Effect.gen(function*() {
    const [problem = "", ...others] = yield* problems({ env: { ...complete, K8S_IMAGE: "image" } })
    assert.include(problem, "REDIS_URL is required when kubernetes config is set")
    assert.deepStrictEqual(others, [])
  }))

it.effect("a Redis password that no Secret brings to the pods is refused, and not shown", () =>
  Effect.gen(function*() {
    const env = { ...inCluster, REDIS_URL: "redis://:hunter22@redis:6379/0" }
    const [problem = "", ...others] = yield* problems({ env })
    assert.match(problem, /^kubernetes\.env_from_secrets \(K8S_ENV_FROM_SECRETS\): redis\.url holds a password/)
    assert.notInclude(problem, "hunter22")
    assert.deepStrictEqual(others, [])
    assert.deepStrictEqual(yield* problems({ env: { ...env, K8S_ENV_FROM_SECRETS: "nominal-code-secrets" } }), [])
  }))

it.effect("names that Kubernetes would refuse are refused at the start", () =>
  Effect.gen(function*() {
    const env = { ...inCluster, K8S_NAMESPACE: "Reviews", K8S_SERVICE_ACCOUNT: "a_b", K8S_ENV_FROM_SECRETS: "ok,-bad" }
    const found = yield* problems({ env })
    assert.deepStrictEqual(found.map((problem) => problem.split(" ")[0]).sort(), [
      "kubernetes.env_from_secrets",
      "kubernetes.namespace",
      "kubernetes.service_account"
    ])
  }))

it.effect("a server with Jobs watches many, waits for none at its end, and gives each more than its own deadline", () =>
  Effect.gen(function*() {
    const { jobs } = yield* configured({ env: { ...inCluster, JOBS_DEADLINE_SECONDS: "60" } })
    assert.strictEqual(jobs.maxConcurrent, 256)
    assert.deepStrictEqual(jobs.gracePeriod, Duration.zero)
    assert.isTrue(Duration.isGreaterThan(jobs.deadline, Duration.seconds(600 + 10 + 60)))
    const told = yield* configured({ env: { ...inCluster, JOBS_MAX_CONCURRENT: "5" } })
    assert.strictEqual(told.jobs.maxConcurrent, 5)
  }))
