import { assert, describe, it } from "@effect/vitest"
import type { KubernetesSettings } from "@nominal-code/config/KubernetesSettings"
import { PullNumber, PullRequestRef, RepoName } from "@nominal-code/domain/event/PullRequest"
import { Job, JobId } from "@nominal-code/domain/job/Job"
import * as Manifest from "@nominal-code/kubernetes/Manifest"
import { kubeJobName, labelValue, laneLabel } from "@nominal-code/kubernetes/Names"
import { laneOf, mention } from "@nominal-code/testing/Jobs"
import { jobIn } from "@nominal-code/testing/KubeValidation"
import { violations } from "@nominal-code/testing/PodSecurity"
import { redisAt } from "@nominal-code/testing/TestConfig"
import { Duration, Effect, Option, Schema } from "effect"
import { kubernetes } from "./KubeScene.ts"

const some = mention(laneOf(7), "a")

const template = (
  settings: Partial<KubernetesSettings> = {},
  url = "redis://redis:6379/0"
): Manifest.KubeJobTemplate => ({
  kubernetes: { ...kubernetes, ...settings },
  redis: redisAt(url)
})

const made = (settings?: Partial<KubernetesSettings>, url?: string, payload = "{}") =>
  Manifest.make(template(settings, url), { job: some, run: 2, payload })

const containerOf = (job: ReturnType<typeof made>) => job.spec?.template.spec?.containers[0]

const variables = (job: ReturnType<typeof made>) =>
  Object.fromEntries((containerOf(job)?.env ?? []).map(({ name, value }) => [name, value]))

describe("the Job of a run", () => {
  it("is what a restricted namespace takes, and every field of it is known to Kubernetes", () => {
    const job = made()
    assert.notProperty(jobIn(job), "code", JSON.stringify(jobIn(job)))
    assert.deepStrictEqual(job.spec?.template.spec && violations(job.spec.template.spec), [])
  })

  it("is this", () => {
    const labels = {
      "app.kubernetes.io/name": "nominal-code",
      "app.kubernetes.io/component": "job",
      "nominal-code/platform": "github",
      "nominal-code/repo": "acme-api",
      "nominal-code/pr-number": "7",
      "nominal-code/lane": laneLabel(some.lane),
      "nominal-code/job-id": some.id,
      "nominal-code/run": "2"
    }
    const annotations = {
      "nominal-code/lane-key": "github:acme/api:7:nominal",
      "nominal-code/delivery": "a",
      "nominal-code/received-at": "0"
    }
    assert.deepStrictEqual(made(), {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: `nominal-code-acme-api-7-${some.id}-2`, namespace: "reviews", labels, annotations },
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: 600,
        ttlSecondsAfterFinished: 3600,
        podFailurePolicy: {
          rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }]
        },
        podReplacementPolicy: "Failed",
        template: {
          metadata: { labels, annotations },
          spec: {
            restartPolicy: "Never",
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 1000,
              runAsGroup: 1000,
              fsGroup: 1000,
              seccompProfile: { type: "RuntimeDefault" }
            },
            containers: [{
              name: "review",
              image: "registry.example/nominal-code:v1",
              args: ["run-job"],
              terminationMessagePolicy: "FallbackToLogsOnError",
              env: [
                { name: "REVIEW_JOB_PAYLOAD", value: "{}" },
                { name: "REDIS_URL", value: "redis://redis:6379/0" },
                { name: "WORKSPACE_BASE_DIR", value: "/workspace/nominal-code" },
                { name: "HOME", value: "/home/nominal" },
                { name: "TMPDIR", value: "/tmp" },
                { name: "JOBS_DEADLINE_SECONDS", value: "600" },
                { name: "GITHUB_API_BASE", value: "https://api.github.com" }
              ],
              resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { cpu: "2", memory: "2Gi" } },
              securityContext: {
                readOnlyRootFilesystem: true,
                runAsNonRoot: true,
                runAsUser: 1000,
                allowPrivilegeEscalation: false,
                capabilities: { drop: ["ALL"] },
                seccompProfile: { type: "RuntimeDefault" }
              },
              volumeMounts: [
                { name: "workspace", mountPath: "/workspace" },
                { name: "tmp", mountPath: "/tmp" },
                { name: "home", mountPath: "/home/nominal" }
              ]
            }],
            volumes: [
              { name: "workspace", emptyDir: { sizeLimit: "12Gi" } },
              { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
              { name: "home", emptyDir: { sizeLimit: "256Mi" } }
            ]
          }
        }
      }
    })
  })

  it("has what the settings ask for", () => {
    const job = made({
      serviceAccount: Option.some("reviewer"),
      imagePullPolicy: Option.some("Always"),
      backoffLimit: 2,
      activeDeadline: Duration.minutes(5),
      ttlAfterFinished: Duration.zero,
      envFromSecrets: ["one", "two"],
      requests: { cpu: Option.some("100m"), memory: Option.some("1Gi") },
      limits: { cpu: Option.some("1"), memory: Option.some("4Gi") }
    })
    const container = containerOf(job)
    assert.notProperty(jobIn(job), "code")
    assert.strictEqual(job.spec?.template.spec?.serviceAccountName, "reviewer")
    assert.deepStrictEqual(
      [job.spec?.backoffLimit, job.spec?.activeDeadlineSeconds, job.spec?.ttlSecondsAfterFinished],
      [2, 300, 0]
    )
    assert.strictEqual(container?.imagePullPolicy, "Always")
    assert.deepStrictEqual(container?.resources, {
      requests: { cpu: "100m", memory: "1Gi" },
      limits: { cpu: "1", memory: "4Gi" }
    })
  })

  it.each(
    [
      ["a request above the usual limit raises it", "8Gi", undefined, { memory: "8Gi" }, { memory: "8Gi" }],
      ["a limit below the usual request lowers it", undefined, "256Mi", { memory: "256Mi" }, { memory: "256Mi" }],
      ["others stay as they are usually", "1024Mi", undefined, { memory: "1024Mi" }, { memory: "2Gi" }]
    ] as const
  )("asks for amounts that Kubernetes takes: %s", (_title, request, limit, requests, limits) => {
    const none = Option.none<string>()
    const job = made({
      requests: { cpu: none, memory: Option.fromUndefinedOr<string | undefined>(request) },
      limits: { cpu: none, memory: Option.fromUndefinedOr<string | undefined>(limit) }
    })
    assert.notProperty(jobIn(job), "code")
    const { resources } = containerOf(job) ?? {}
    assert.deepStrictEqual([resources?.requests?.["memory"], resources?.limits?.["memory"]], [
      requests.memory,
      limits.memory
    ])
  })

  it("never holds a Redis password: the pods have it from a Secret", () => {
    const job = made({ envFromSecrets: ["secrets"] }, "redis://:hunter22@redis:6379/0")
    assert.notProperty(variables(job), "REDIS_URL")
    assert.notInclude(JSON.stringify(job), "hunter22")
    assert.strictEqual(variables(made({}, "rediss://redis:6379/0"))["REDIS_URL"], "rediss://redis:6379/0")
  })
})

describe("the authorities of a ConfigMap", () => {
  const trusting = (isolation: "none" | "strict", text: string) => {
    const job = made({ isolation, caConfigMap: Option.some(text) })
    assert.notProperty(jobIn(job), "code", JSON.stringify(jobIn(job)))
    const { containers, initContainers = [], volumes } = job.spec.template.spec
    assert.deepStrictEqual(violations(job.spec.template.spec), [])
    return {
      volume: volumes.find((volume) => "configMap" in volume),
      files: [...initContainers, ...containers].map(({ env, name, volumeMounts }) => [
        name,
        env.find((variable) => variable.name === "NODE_EXTRA_CA_CERTS")?.value,
        volumeMounts.find((mount) => mount.name === "authorities")
      ])
    }
  }
  const mount = { name: "authorities", mountPath: "/etc/nominal-code/authorities", readOnly: true }

  it("are a file of the container that reviews", () => {
    assert.deepStrictEqual(trusting("none", "company"), {
      volume: { name: "authorities", configMap: { name: "company", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      files: [["review", "/etc/nominal-code/authorities/ca.crt", mount]]
    })
  })

  it("may be in another entry, and are a file of each container that connects to something", () => {
    const file = "/etc/nominal-code/authorities/ca-bundle.pem"
    assert.deepStrictEqual(trusting("strict", "company/ca-bundle.pem"), {
      volume: {
        name: "authorities",
        configMap: { name: "company", items: [{ key: "ca-bundle.pem", path: "ca-bundle.pem" }] }
      },
      files: [
        ["models", file, mount],
        ["checkout", file, mount],
        ["publisher", file, mount],
        ["agent", undefined, undefined]
      ]
    })
  })
})

const strict = (settings: Partial<KubernetesSettings> = {}) =>
  made({
    isolation: "strict",
    envFromSecrets: ["secrets"],
    secretVariables: [
      { name: "GITHUB_TOKEN", required: true },
      { name: "ANTHROPIC_API_KEY", required: false },
      { name: "REDIS_URL", required: true },
      { name: "HTTPS_PROXY", required: false }
    ],
    environment: { LOG_LEVEL: "DEBUG", GITHUB_API_BASE: "https://ghe.example/api/v3" },
    ...settings
  }, "redis://:hunter22@redis:6379/0").spec.template.spec

describe("the Job of a run whose agent has no secret", () => {
  it("is what a restricted namespace takes, and every field of it is known to Kubernetes", () => {
    const job = made({ isolation: "strict" })
    assert.notProperty(jobIn(job), "code", JSON.stringify(jobIn(job)))
    assert.deepStrictEqual(violations(job.spec.template.spec), [])
  })

  it("gives each container its own secrets only, and the agent none", () => {
    const { containers, initContainers = [] } = strict()
    const secrets = [...initContainers, ...containers].map(({ env, name }) => [
      name,
      env.flatMap((variable) => variable.valueFrom === undefined ? [] : [variable.name])
    ])
    assert.deepStrictEqual(Object.fromEntries(secrets), {
      models: ["ANTHROPIC_API_KEY", "HTTPS_PROXY"],
      checkout: ["GITHUB_TOKEN", "HTTPS_PROXY"],
      publisher: ["GITHUB_TOKEN", "REDIS_URL", "HTTPS_PROXY"],
      agent: []
    })
    assert.deepStrictEqual(containers[1]?.env, [
      { name: "HOME", value: "/home/nominal" },
      { name: "TMPDIR", value: "/home/nominal" },
      { name: "LOG_LEVEL", value: "DEBUG" },
      { name: "REVIEW_AGENT_SOCKET", value: "/run/nominal/agent/socket" }
    ])
  })

  it("lets the agent write to its own volume only, and reach neither the models' socket nor another one's files", () => {
    const { automountServiceAccountToken, containers, ...pod } = strict()
    assert.deepStrictEqual(containers[1]?.volumeMounts, [
      { name: "workspace", mountPath: "/workspace", readOnly: true },
      { name: "agent", mountPath: "/run/nominal/agent", readOnly: true },
      { name: "agent-home", mountPath: "/home/nominal" }
    ])
    assert.isFalse(automountServiceAccountToken)
    assert.notProperty(pod, "shareProcessNamespace")
  })

  it("ends when the publisher and the agent have ended: the models' container is a sidecar", () => {
    const { containers, initContainers = [] } = strict()
    assert.deepStrictEqual(containers.map(({ args, name }) => [name, ...args]), [
      ["publisher", "run-job"],
      ["agent", "pod", "agent"]
    ])
    assert.deepStrictEqual(initContainers.map(({ args, restartPolicy }) => [restartPolicy, ...args]), [
      ["Always", "pod", "models"],
      [undefined, "pod", "checkout"]
    ])
  })
})

describe("a payload", () => {
  it.each([
    ["nothing", "", true],
    ["64 KiB", "x".repeat(64 * 1024), true],
    ["as much as may be inline", "x".repeat(100 * 1024), true],
    ["one byte more", "x".repeat(100 * 1024 + 1), false],
    ["few characters of many bytes", "漢".repeat(40_000), false],
    ["emoji", "😀".repeat(26_000), false],
    ["1 MiB", "x".repeat(1024 * 1024), false]
  ])("of %s stands in the Job only if Linux takes it as one variable", (_title, payload, inline) => {
    assert.strictEqual(Manifest.fitsInline(payload), inline)
    const bytes = Buffer.byteLength(`REVIEW_JOB_PAYLOAD=${payload}\0`)
    if (inline) assert.isAtMost(bytes, 131_072)
  })
})

const at = (repo: string, number: number, run = 1) => {
  const job = new Job({
    ...some,
    event: {
      ...some.event,
      pullRequest: new PullRequestRef({
        platform: "gitlab",
        repo: RepoName.make(repo),
        number: PullNumber.make(number)
      })
    }
  })
  return Manifest.make(template(), { job, run, payload: "{}" })
}

describe("names and labels", () => {
  it.each([
    ["upper case and dots", "Acme.Corp/My.Repo_x", "acme-corp-my-repo-x"],
    ["nothing that may stand in a name", "_/_", ""],
    ["hyphens at its ends", "-a/b-", "a-b"]
  ])("a repository with %s gives valid ones", (_title, repo, label) => {
    const job = at(repo, 7)
    assert.notProperty(jobIn(job), "code", JSON.stringify(jobIn(job)))
    assert.strictEqual(job.metadata?.labels?.["nominal-code/repo"], label)
  })

  it.each([
    ["39 + 100 characters", `${"o".repeat(39)}/${"r".repeat(100)}`],
    ["20 groups", Array.from({ length: 21 }, (_, index) => `Group.${index}`).join("/")],
    ["a dot where it is cut", `${"a".repeat(53)}.${"b".repeat(40)}/c`]
  ])("a repository of %s gives valid ones, which tell it from others", (_title, repo) => {
    const [job, other] = [at(repo, 2 ** 31), at(`${repo}x`, 2 ** 31)]
    assert.notProperty(jobIn(job), "code", JSON.stringify(jobIn(job)))
    assert.isAtMost(job.metadata?.name?.length ?? 99, 63)
    assert.notStrictEqual(job.metadata?.labels?.["nominal-code/repo"], other.metadata?.labels?.["nominal-code/repo"])
  })

  it("the same run has the same name, and each other one another", () => {
    const other = new Job({ ...some, id: JobId.make("0".repeat(20)) })
    const names = [kubeJobName(some, 1), kubeJobName(some, 2), kubeJobName(some, 12), kubeJobName(other, 1)]
    assert.strictEqual(new Set(names).size, names.length)
    assert.strictEqual(kubeJobName(mention(laneOf(7), "a"), 1), names[0])
  })

  it.effect.prop(
    "whatever the repository and the number, Kubernetes takes it",
    [RepoName, PullNumber],
    ([repo, number]) =>
      Effect.sync(() => {
        const job = at(repo, number, 999)
        assert.notProperty(jobIn(job), "code", JSON.stringify(jobIn(job)))
      })
  )

  it.effect.prop(
    "a label's value is one, whatever the text",
    [Schema.String],
    ([text]) => Effect.sync(() => assert.match(labelValue(text), /^(?:[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)?$/))
  )
})
