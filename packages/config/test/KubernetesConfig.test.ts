import { assert, it } from "@effect/vitest"
import { Duration, Effect, Option } from "effect"
import { complete, configured, problems } from "./Fixture.ts"

const inCluster = { ...complete, K8S_IMAGE: "registry.example/nominal-code:v1", REDIS_URL: "redis://redis:6379/0" }

const kubernetesOf = (env: Readonly<Record<string, string>>, yaml = "") =>
  Effect.map(configured({ env, yaml }), ({ kubernetes }) => Option.getOrThrow(kubernetes))

it.effect("an image is enough to run each review as a Job, with the documented defaults", () =>
  Effect.gen(function*() {
    const kubernetes = yield* kubernetesOf(inCluster)
    assert.deepStrictEqual(kubernetes, {
      image: "registry.example/nominal-code:v1",
      namespace: "default",
      serviceAccount: Option.none(),
      imagePullPolicy: Option.none(),
      backoffLimit: 0,
      activeDeadline: Duration.seconds(600),
      ttlAfterFinished: Duration.seconds(3600),
      envFromSecrets: [],
      environment: { GITHUB_API_BASE: "https://api.github.com", LOG_LEVEL: "INFO" },
      requests: { cpu: Option.none(), memory: Option.none() },
      limits: { cpu: Option.none(), memory: Option.none() }
    })
    const { kubernetes: none } = yield* configured({})
    assert.isTrue(Option.isNone(none))
  }))

it.effect("every setting of a Job can come from the environment", () =>
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

it.effect("a pod is told of every endpoint that the server uses, and of no secret", () =>
  Effect.gen(function*() {
    const { environment } = yield* kubernetesOf(
      { ...inCluster, ANTHROPIC_BASE_URL: "https://gateway.example/anthropic", LOG_LEVEL: "debug" },
      "github: { api_base: \"https://ghe.example/api/v3\", app_id: \"12345\", installation_id: 7 }"
    )
    assert.deepStrictEqual(environment, {
      GITHUB_API_BASE: "https://ghe.example/api/v3",
      GITHUB_APP_ID: "12345",
      GITHUB_INSTALLATION_ID: "7",
      ANTHROPIC_BASE_URL: "https://gateway.example/anthropic",
      LOG_LEVEL: "debug"
    })
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
